"""The words of danger: what in a fault text, Chinese or English, speaks of somebody's harm, by its kind."""

SAFETY_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "smoke": (
        ("smok", "fume", "smoulder", "smolder"),
        ("冒烟", "烟雾", "烟味", "白烟", "黑烟", "浓烟", "青烟", "烟"),
    ),
    "burn": (
        (
            *("burn", "fire", "flame", "scorch", "singe", "charred", "melt", "explod", "explos", "spark", "arcing"),
            *("ignit", "alight", "blaze", "scald", "blister", "overheat", "over temp", "too hot", "so hot"),
            *("very hot", "and hot", "red hot", "hot to hold", "hot to touch", "burning hot", "won t cut out"),
            *("swollen battery", "battery swollen", "battery is swollen", "battery swelling", "battery bulg"),
        ),
        (
            *("烧", "着火", "起火", "失火", "冒火", "火花", "打火", "火苗", "明火", "火灾", "燃", "烫", "炸", "火星"),
            *("焦味", "焦糊", "焦臭", "焦黑", "烤焦", "发焦", "焦了", "糊味", "熔化", "融化", "闻着焦", "点着了"),
            *("过热", "超温", "温度过高", "温度太高", "温度失控", "热得", "很热", "太热", "皮肤发红", "鼓包", "起泡"),
            *("水泡", "一直加热", "还在加热", "不停加热"),
        ),
    ),
    "shock": (
        ("shock", "electrocut", "tingl", "zap", "jolt", "live chassis", "case is live", "buzzing with current"),
        (
            *("触电", "漏电", "电击", "被电", "电麻", "麻电", "电人", "电我", "电手了", "电手指", "手麻", "发麻"),
            *("麻手了", "会麻手", "有点麻手", "电到人", "电到手", "电到我", "电到他", "电到她", "电到护士"),
            *("电到医生", "电了一下", "电了我", "电了手", "电了人", "壳带电", "体带电", "面带电", "身带电", "带电了"),
            *("带电的", "麻了一下", "被麻", "对地有", "接地线断", "接地断", "没接地", "没有接地", "未接地"),
        ),
    ),
    "wiring": (
        (
            *("short circuit", "shorted", "shorting out", "shorts out", "bare wire", "bare cable", "bare copper"),
            *("wires out", "wires show", "wire is showing", "wire showing", "wires visible", "wire visible"),
            *("exposed wire", "exposed cable", "exposed contact", "contacts exposed", "wires exposed"),
            *("wire exposed", "insulation worn", "insulation damaged", "insulation broken", "insulation split"),
            *("insulation off", "frayed", "chewed", "arced", "flash from", "flash and", "circuit breaker"),
            *("trips the breaker", "tripped the breaker", "tripping the breaker", "rcd", "gfci", "blew the fuse"),
            *("blows the fuse", "water got in", "water in the unit", "into the power", "no earth", "not earthed"),
            *("not grounded", "earth wire"),
        ),
        (
            *("短路", "跳闸", "漏保", "空开跳", "电弧", "拉弧", "裸露", "外露", "露出", "露铜", "铜丝", "芯线"),
            *("线头露", "破皮", "皮破", "线破", "压破了", "线被压", "里面的线", "绝缘破", "绝缘坏", "绝缘损"),
            *("进水了", "进了水", "进水后", "进水以后", "水进到", "液进到", "流进", "倒进去", "打翻", "泼到"),
            "保险丝连烧",
        ),
    ),
    "leak": (
        (
            *("leak", "seep", "spill", "oozing", "dripping", "pouring", "gush", "spray", "squirt", "puddle", "flood"),
            *("overflow", "fluid on the floor", "water on the floor", "blood on the floor", "oil on the floor"),
            *("fluid everywhere", "water everywhere", "blood everywhere", "battery acid", "acid from", "dripped"),
        ),
        (
            *("漏液", "漏水", "漏油", "漏气", "漏药", "漏血", "漏氧", "漏氟", "漏酸", "漏试剂", "漏夜", "泄漏"),
            *("泄露", "漏冷却", "漏造影", "漏显影", "漏定影", "漏清洗", "漏消毒", "漏透析", "漏润滑", "漏尿", "漏汞"),
            *("漏射线", "漏麻醉", "滴水", "滴油", "滴液", "滴血", "滴药", "渗液", "渗水", "渗油", "渗血", "渗药"),
            *("渗漏", "渗出", "渗到", "渗入", "渗了", "外渗", "在渗", "滴漏", "外漏", "漏出", "在漏", "漏了", "漏得"),
            *("溢液", "溢出", "漏一地", "油漏", "一滩", "滩水", "积水", "洒出", "洒了", "喷出", "喷了", "喷水"),
            *("往外喷", "溅", "酸液", "腐蚀", "流出", "流了一地"),
        ),
    ),
    "gas": (
        (
            *("smell", "odour", "odor", "stink", "acrid", "hiss", "quench", "venting steam", "valve won t shut"),
            *("valve won t close", "valve stuck open", "helium in", "choking gas"),
        ),
        (
            *("异味", "怪味", "刺鼻", "难闻", "闻到", "气味", "气体味", "煤气味", "味很大", "味道很", "嘶嘶", "失超"),
            *("关不死", "往外冒", "有毒"),
        ),
    ),
    "explosion": (
        (
            *("burst", "shatter", "blew open", "blew up", "blew off", "went bang", "loud bang", "implod"),
            *("disintegrat", "glass everywhere", "broken glass", "overpressure", "pressure past"),
        ),
        (
            *("爆裂", "爆了", "爆开", "爆管", "崩飞", "崩裂", "管破裂", "瓶破裂", "袋破裂", "囊破裂", "碎片"),
            *("玻璃碎", "碎了", "安全阀"),
        ),
    ),
    "breathing": (
        (
            *("bagging", "hand ventilat", "manually ventilat", "no oxygen", "low oxygen", "o2 pressure", "desat"),
            *("oxygen pressure", "hypox", "can t breathe", "cannot breathe", "not breathing", "stopped breathing"),
            *("suffocat", "turned blue", "went blue", "crash call", "code blue", "cardiac arrest", "resuscitat"),
            *("ventilator stopped", "ventilator just stopped", "ventilator died", "vent stopped", "vent died"),
            "won t inflate",
        ),
        (
            *("供氧压力", "供氧停", "供氧中断", "供氧不足", "没有氧", "没氧", "缺氧", "氧浓度低", "氧浓度不"),
            *("氧浓度只", "窒息", "憋", "喘不", "血氧低", "血氧下降", "血氧降", "血氧掉", "送不出气", "送不进气"),
            *("不送气", "捏皮球", "手捏", "人工通气", "呼吸停", "心跳停", "停搏", "抢救用", "抢救中", "正在抢救"),
            "正在手术",
        ),
    ),
    "dose": (
        (
            *("overdos", "underdos", "overinfus", "underinfus", "free flow", "bolused", "wrong dose", "wrong drug"),
            *("wrong medication", "wrong rate", "ran too fast", "runs too fast", "running too fast", "gave too much"),
            *("given too much", "went in at once", "twice as fast", "can t wake"),
        ),
        (
            *("过量", "超量", "自由流", "自己追加", "一下子进", "打快", "输快", "多打", "多输", "少输", "流速过快"),
            *("流速太快", "流速不准", "剂量不对", "剂量错", "加错药", "给错药", "用错药"),
        ),
    ),
    "alarm": (
        (
            *("never alarm", "no alarm", "not alarm", "didn t alarm", "doesn t alarm", "won t alarm"),
            *("without alarm", "alarm didn t", "alarm did not", "alarm does not", "alarm doesn t", "alarm fail"),
            *("alarm silent", "silent alarm", "missed alarm", "no audible", "alarm speaker", "speaker dead"),
            "alarm muted",
        ),
        (
            *("没报警", "不报警", "没有报警", "未报警", "无报警", "报警没", "报警不响", "报警不叫", "报警不发声"),
            *("报警不工作", "报警失", "报警坏", "报警喇叭", "没有任何声音", "没有任何提示", "没有任何报警", "不响"),
        ),
    ),
    "radiation": (
        (
            *("radiation", "radioactiv", "isotope", "exposes with", "exposing", "beam stays", "beam still on"),
            *("interlock", "source won t", "source stuck", "won t retract", "laser fired"),
        ),
        (
            *("停不下来", "停不了", "出射线", "射线不停", "放射性", "放射源", "也能曝光", "误曝光", "联锁", "连锁坏"),
            *("源退不", "退不回", "误发射", "照到眼"),
        ),
    ),
    "contamination": (
        (
            *("contamin", "infectious", "cross infection", "hiv", "hepatitis", "tb culture", "unsterile"),
            *("not sterile", "non sterile", "without disinfect", "not disinfected", "mould", "no airflow"),
            *("biohazard", "needle stick", "mercury", "on my hands", "in my eye", "in his eye", "in her eye"),
            "stinging",
        ),
        (
            *("污染", "交叉感染", "没消毒", "未消毒", "没出消毒液", "没灭菌", "未灭菌", "灭菌失败", "灭菌不", "发霉"),
            *("霉", "发臭", "臭味", "血块", "血迹", "乙肝", "梅毒", "痰培养", "没有风", "针刺", "锐器", "水银洒"),
            *("水银撒", "水银流"),
        ),
    ),
    "injury": (
        (
            *("injur", "hurt", "bleed", "bruis", "crush", "trapped", "pinned", "struck", "nearly hit", "hit his"),
            *("hit the nurse", "hit her", "hit me", "fell on", "fell out", "fell down", "fell over", "fell from"),
            *("fell off the", "collaps", "tipped over", "toppl", "crashing down", "came down on", "moves on its own"),
            *("moves by itself", "moving by itself", "won t lock", "gave way", "snapped", "brake fail"),
            *("brakes fail", "nurse slipped", "slipped on", "severe pain", "in pain", "painful", "scream"),
            *("unconscious", "fainted", "fainting", "dizz", "won t deflate", "turned purple", "gone purple"),
        ),
        (
            *("夹到", "夹住", "夹了", "夹人", "夹手", "压伤", "砸", "摔", "下坠", "坠落", "坠床", "滑倒", "绊倒"),
            *("受伤", "伤到", "划伤", "割伤", "擦伤", "出血了", "在出血", "出血不止", "流血", "疼", "疼痛", "剧痛"),
            *("痛得", "喊痛", "腹痛", "红肿", "晕", "休克", "翻倒", "倾倒", "人翻", "往下掉", "掉下来", "断裂"),
            *("断股", "突然下降", "自己下降", "自己动", "刹不住", "锁不住", "急停", "速度失控", "动作失控"),
        ),
    ),
    "patient": (
        ("patient",),
        ("患者", "病人", "病员", "患儿", "病患", "孕妇", "产妇", "宝宝", "小孩", "孩子"),
    ),
}
"""Kind of danger -> (English stems, Chinese words); domain.md, «Fault text», with their forms and near relatives.

A stem is found wherever it stands, within a word too: «smok» is in smoke, smoked and smoking; its words may be joined
by anything: «won t» is in won't. Chinese words are in simplified characters, and traditional ones are read as those.
"""
