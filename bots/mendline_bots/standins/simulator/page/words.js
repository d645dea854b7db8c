// The page's own words, in Chinese and English; what the bots say comes from Mendline.

const WORDS = {
  zh: {
    title: "聊天模拟器",
    search: "搜索姓名、机构或角色",
    language: "English",
    theme: "切换深色或浅色",
    back: "返回人员列表",
    welcome: "选一个人，看看 TA 的聊天",
    welcomeText: "这里的每个人都是演示机构的一员。选中谁，就用谁的 Telegram 或 Slack 与 Mendline 对话——报修、接单、验收都在聊天里完成。",
    step1: "选一位病区护士，发一张设备标签照片，写上“报警，停机”。",
    step2: "看人员列表里的未读标记：通知到谁，谁的聊天就会亮起来。",
    step3: "换成工程师接单、到场、完工，再换回医院验收。",
    startWith: "从 {name} 开始",
    noPeople: "还没有演示人员",
    noPeopleText: "用 ./deploy/up 启动时会载入演示机构；也可以 POST /sim/people 添加。",
    noMatch: "没有找到“{query}”",
    other: "其他",
    unread: "{n} 条未读",
    emptyChat: "还没有消息",
    emptyTelegram: "发一条消息，或者发一张设备标签照片开始报修。",
    emptySlack: "发一条消息，或输入 /wo 试试。",
    actingAs: "你现在是",
    compose: "写消息…",
    composeAs: "以 {name} 的身份写消息",
    send: "发送",
    attach: "附件",
    photoOrFile: "照片或文件",
    labelPhotos: "设备标签照片",
    location: "发送位置",
    reply: "回复",
    replyingTo: "回复 {name}",
    cancel: "取消",
    edited: "已编辑",
    you: "你",
    bot: "机器人",
    app: "应用",
    today: "今天",
    yesterday: "昨天",
    typing: "正在输入…",
    labelHint: "点一张标签，立即发送",
    labelCaption: "说明，例如：报警，停机",
    noLabels: "这个人没有可拍的设备标签。",
    caption: "添加说明…",
    asFile: "作为文件发送（原图）",
    sendPhoto: "发送照片",
    dropHere: "松开即可发送",
    openPhoto: "查看大图",
    close: "关闭",
    ok: "好",
    confirm: "确定",
    hints: "试试看",
    hintLabel: "发标签照片，写“报警，停机”",
    hintCaption: "报警，停机",
    block: "屏蔽机器人",
    unblock: "取消屏蔽机器人",
    blocked: "你已屏蔽机器人",
    unblocked: "已取消屏蔽",
    unreachable: "模拟器没有响应，正在重新连接…",
    notListening: "Mendline 现在没有连上 {channel}，暂时不会有回应。",
    failed: "没有成功：{reason}",
    noAnswer: "机器人没有回应这次点击",
    messages: "消息",
    home: "主页",
    emptyHome: "应用还没有发布主页。",
    required: "必填",
    optional: "（选填）",
    choose: "请选择",
    onlyYou: "仅你可见",
    group: "群",
    jump: "最新消息",
    place: "位置",
    notHere: "这里不能填写这种字段",
  },
  en: {
    title: "Chat simulator",
    search: "Search name, organisation or role",
    language: "中文",
    theme: "Switch dark or light",
    back: "Back to the people",
    welcome: "Choose a person to see their chat",
    welcomeText: "Everybody here belongs to a demo organisation. Choose one, and you use that person's Telegram or Slack to talk with Mendline: reporting, accepting and signing all happen in chat.",
    step1: "Choose a ward nurse and send a photo of a device label with “alarm, down”.",
    step2: "Watch the unread badges in the list: whoever is told next lights up.",
    step3: "Become the engineer to accept, arrive and finish; then the hospital to sign.",
    startWith: "Start as {name}",
    noPeople: "There are no demo people yet",
    noPeopleText: "./deploy/up loads the demo organisations; POST /sim/people adds others.",
    noMatch: "Nothing found for “{query}”",
    other: "Others",
    unread: "{n} unread",
    emptyChat: "No messages yet",
    emptyTelegram: "Write something, or send the photo of a device label to report a fault.",
    emptySlack: "Write something, or try /wo.",
    actingAs: "You are",
    compose: "Message…",
    composeAs: "Write as {name}",
    send: "Send",
    attach: "Attach",
    photoOrFile: "Photo or file",
    labelPhotos: "Device label photos",
    location: "Send location",
    reply: "Reply",
    replyingTo: "Reply to {name}",
    cancel: "Cancel",
    edited: "edited",
    you: "You",
    bot: "bot",
    app: "APP",
    today: "Today",
    yesterday: "Yesterday",
    typing: "typing…",
    labelHint: "Tap a label to send it at once",
    labelCaption: "Caption, for example: alarm, down",
    noLabels: "This person has no device labels to photograph.",
    caption: "Add a caption…",
    asFile: "Send as a file (original)",
    sendPhoto: "Send photo",
    dropHere: "Drop to send",
    openPhoto: "Show the picture",
    close: "Close",
    ok: "OK",
    confirm: "Confirm",
    hints: "Try",
    hintLabel: "Send a label photo with “报警，停机”",
    hintCaption: "报警，停机",
    block: "Block the bot",
    unblock: "Unblock the bot",
    blocked: "You blocked the bot",
    unblocked: "The bot may write to you again",
    unreachable: "The simulator does not answer; reconnecting…",
    notListening: "Mendline is not connected to {channel} right now: nothing will answer until it is.",
    failed: "That did not work: {reason}",
    noAnswer: "The bot did not answer this press",
    messages: "Messages",
    home: "Home",
    emptyHome: "The app has not published a Home tab yet.",
    required: "Required",
    optional: "(optional)",
    choose: "Choose",
    onlyYou: "Only visible to you",
    group: "group",
    jump: "Newest",
    place: "Location",
    notHere: "This kind of field cannot be filled in here",
  },
};

const preferred = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
export let language = localStorage.getItem("mendline.language") || preferred;
document.documentElement.lang = language;

export function toggleLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("mendline.language", language);
  document.documentElement.lang = language;
}

export function t(key, values = {}) {
  return (WORDS[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A field of a person in the page's language, falling back to the other one.
export const localised = (row, field) =>
  (language === "en" ? row[`${field}_en`] || row[field] : row[field] || row[`${field}_en`]) || "";

export function timeOf(at) {
  return new Date(at * 1000).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
}

export function dayOf(at) {
  const date = new Date(at * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return date.toLocaleDateString(language === "zh" ? "zh-CN" : "en-GB", { day: "numeric", month: "long" });
}
