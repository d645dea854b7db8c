"""Who one is here: greeting, linking, language, organisation, help, and taking a question back."""

from uuid import UUID

from mendline.kernel import LOCALES, pick, transaction
from mendline_bots.dialogs import close_dialog
from mendline_bots.messages import Message
from mendline_bots.people import actor_behind, organisations_of
from mendline_bots.talk import Press, Talk
from mendline_bots.verbs.verb import VERBS, Answers, verb
from mendline_tenants import choose_organisation, link, own_organisation, set_locale, unlink

LANGUAGES = {"zh": "中文", "en": "English"}


@verb("start", anyone=True, slash="start", words=("开始", "start"))
async def start(talk: Talk, answers: Answers) -> None:
    """The first word: with a code it links, without one it greets."""
    if talk.argument:
        await link_account(talk, answers)
    elif talk.actor is None:
        await talk.say(talk.words("said.welcome_stranger"))
    else:
        await help_(talk, answers)


@verb("link", anyone=True, slash="link", words=("绑定账号", "绑定", "link"))
async def link_account(talk: Talk, _: Answers) -> None:
    """Links this account to the member who was given the code; in private only, so that nobody else reads it."""
    here = talk.incoming
    if not here.private:
        await talk.say(talk.words("said.link_in_private"))
        return
    if not talk.argument:
        await talk.say(talk.words("said.link_how"))
        return
    identity = await link(talk.argument, here.channel, here.workspace, here.account, here.chat)
    talk.actor = await actor_behind(here, identity.tenant_id)
    talk.locale = talk.actor.locale
    async with transaction(identity.tenant_id):
        house = await own_organisation(identity.tenant_id)
    await talk.say(
        Message(
            title=talk.words("said.linked", name=talk.actor.name, organisation=pick(house.name, talk.locale)),
            text=_help(talk),
        )
    )


@verb("unlink", private=True, slash="unlink", words=("解绑", "unlink"))
async def unlink_account(talk: Talk, _: Answers) -> None:
    """Ends the link of this account with the organisation it acts for."""
    here = talk.incoming
    await talk.say(talk.words("said.unlinked"))
    await unlink(here.channel, here.workspace, here.account, talk.tenant)


@verb("lang", slash="lang", words=("语言", "language"))
async def lang(talk: Talk, _: Answers) -> None:
    """The language of this chat account."""
    wish = str(talk.arguments.get("locale") or talk.argument).lower()
    chosen = next((code for code, name in LANGUAGES.items() if wish and wish in (code, name.lower())), None)
    if chosen is None:
        await talk.say(
            talk.words("said.which_language"),
            [[Press(LANGUAGES[code], "lang", {"locale": code}) for code in LOCALES]],
        )
        return
    await set_locale(talk.incoming.channel, talk.incoming.workspace, talk.incoming.account, chosen)
    talk.locale = chosen
    await talk.say(talk.words("said.language_set"))


@verb("organisation", private=True, slash="org", words=("单位", "organisation"))
async def organisation(talk: Talk, _: Answers) -> None:
    """For a person in several organisations: for which one this account acts from now on."""
    here = talk.incoming
    known = await organisations_of(here)
    wish = str(talk.arguments.get("organisation", ""))
    if wish in map(str, known):
        await choose_organisation(here.channel, here.workspace, here.account, UUID(wish))
        talk.actor = await actor_behind(here, UUID(wish))
    if wish or len(known) < 2:
        await talk.say(talk.words("said.acting_for", organisation=await _name(talk.tenant, talk.locale)))
        return
    presses = [[Press(await _name(one, talk.locale), "organisation", {"organisation": str(one)})] for one in known]
    await talk.say(talk.words("said.which_organisation"), presses)


async def _name(tenant: UUID, locale: str) -> str:
    async with transaction(tenant):
        return pick((await own_organisation(tenant)).name, locale)


@verb("help", anyone=True, slash="help", words=("帮助", "help", "?", "?"))
async def help_(talk: Talk, _: Answers) -> None:
    """What can be done here, for this person."""
    title = talk.words("help.title", name=talk.actor.name) if talk.actor else talk.words("said.welcome_stranger")
    await talk.say(Message(title=title, text=_help(talk)))


def _help(talk: Talk) -> str:
    lines = []
    for known in VERBS.values():
        if known.slash and known.slash not in ("start", "help") and talk.allows(known.permission, known.anyone):
            words = known.words[0 if talk.locale == "zh" else -1]
            lines.append(f"/{known.slash}  {words}: {talk.words(f'help.{known.name}')}")
    if talk.allows("tickets.report", False):
        lines.insert(0, talk.words("help.photo"))
    return "\n".join(lines)


@verb("cancel", anyone=True, slash="cancel", words=("取消", "cancel"))
async def cancel(talk: Talk, _: Answers) -> None:
    """Takes back the question that is open."""
    closed = await close_dialog(talk.incoming)
    await talk.say(talk.words("said.cancelled" if closed else "said.nothing_to_cancel"))


@verb("never_mind")
async def never_mind(talk: Talk, _: Answers) -> None:
    """The button below each question and confirmation."""
    await close_dialog(talk.incoming)
    await talk.say(talk.words("said.cancelled"))
