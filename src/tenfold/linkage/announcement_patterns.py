"""How people say that an account is somebody's new, other or old one: patterns in English, Arabic, Arabizi.

They are matched against the normal form of a text (detectors.text.normalise: lower case, Arabic spellings and
marks folded, no punctuation) in which each handle is a word `zqz` and a letter, the end of a sentence `zqe`,
and of a question `zqq`. In patterns a space is one or more words' border, and these names stand for parts:

    H        a handle, what is found
    <n>      up to n words, none of them a handle or the end of a sentence
    <n.>     the same, where a sentence may end
    <n~>     the same as <n>, without words that give a handle another part: by, with, from, ...
    and the names of PARTS
"""

import re

HANDLE, SENTENCE, QUESTION = "zqz", "zqe", "zqq"

PARTS = {
    # English
    "NEW": "brand new|newer|newest|new|2nd|second|third|3rd|fourth|4th|fifth|5th|sixth|6th|seventh|7th|back "
    "?up|bkp|reserve|spare|alternate|alternative|alt|replacement"
    "|other",
    "ACC": "account|accounts|acc|acct|accnt|ac|page|profile|channel|handle|user ?name|user",
    "OLD": "old|older|previous|former|last|first|main|other|prior|original",
    "CLOSED": "closed|suspend|suspends|bans|deletes|deleting|closing|suspended|banned|deleted|removed|locked|"
    "disabled|gone|dead|nuked|terminated|shut down|taken down"
    "|blocked|hacked|zucced|restricted|suspension|suspensions|ban|deletion",
    "BACK": "back again|back",
    "TOLD": "is now|is|now|here|its|it s|it is|called|named|under|at|on|as|this is|this|that s|over|instead|"
    "link|please|pls|plz|"
    "and|share|boost|support|follow|rt|retweet|everyone|guys|it|him|her|them|me|us|the|user|handle|in|"
    "insha ?allah|zqe|after|again",
    "KIN": "the|our|your|his|her|their|this|that|my|dear|bro|bros|brother|brothers|brother s|sister|sisters|"
    "sister s|akhi|akh|"
    "ukhti|ukht|friend|friend s|friends|comrade|comrade s|comrades|s|beloved|abu|umm|um|old|new",
    # Arabic, folded
    "MINE": "حسابي|حسابنا|صفحتي|صفحتنا|قناتي|قناتنا|معرفي|معرفنا|يوزري|اكاونتي|اكونتي|بروفايلي",
    "THEIRS": "حساب|الحساب|حسابه|حسابها|حسابهم|حسابات|حسابك|صفحه|الصفحه|صفحته|صفحتها|صفحتهم|"
    "قناه|القناه|قناته|"
    "قناتها|معرف|"
    "المعرف|معرفه|معرفها|يوزر|اليوزر|يوزره|يوزرها|اكاونت|اكونت",
    "NOVEL": "(?:ال|لل|ل|بال)?(?:ثالث|رابع|خامس|سادس|سابع|ثامن|تاسع|عاشر)ه?|(?:ال|لل|ل|"
    "بال)?جديده?|(?:ال|لل|ل|"
    "بال)?بديله?|(?:ال|لل|ل|بال)?احتياطيه?|(?:ال|لل|ل|بال)?احتياط|(?:ال|لل|ل|بال)?ثانيه?|(?:ال|لل|ل|"
    "بال)?تانيه?|ثان|اخر|(?:ال|لل|ل|بال)?اخر|(?:ال|لل|ل|بال)?رديفه?|باك ?اب|(?:ال|لل|ل|بال)?جداد",
    "FORMER": "(?:ال|لل|ل|بال)?قديمه?|(?:ال|لل|ل|بال)?سابقه?|(?:ال|لل|ل|بال)?اولي?|(?:ال|لل|ل|"
    "بال)?اساسي|(?:ال|"
    "لل|ل|بال)?ماضي",
    "SHUT": "اغلاق|غلق|اغلق|اغلقت|اغلقوا|اغلقو|حذف|حذفت|حذفوا|حذفو|انحذف|ايقاف|اوقف|اوقفوا|توقيف|تعليق|علق|"
    "علقوا|حظر|حظروا|تبنيد|بندوا|بندو"
    "|تبند|مبند|تهكير|تهكر|سكروا|سكرو|تسكر|قفلوا|قفلو|اتقفل|انقفل|تقفل|طار|طيروا|طيرو|انطرد|مغلق|محذوف|"
    "موقوف|راح|ضاع",
    "RETURNED": "عدت|عدنا|رجعت|رجعنا|رجعتلكم|رجعنالكم|راجع|راجعين|عايد|عايدون|عايدين|عدتكم|عدت "
    "اليكم|رجعت لكم|بديت|"
    "فتحت",
    "RETURNS": "بعودتك|عودتك|بعودتكم|بعودتها|بعودته|العوده|عاد|عادت|رجع|رجعت|عوده|بعوده|برجوع|"
    "رجوع|رجعه|بالعوده",
    "TOLDAR": "هو|هي|هذا|هذه|هاذا|الان|الحين|دلوقتي|هلا|علي|ع|في|هنا|الي|باسم|اسمه|اسمها|"
    "تابعوه|تابعوها|تابعوا|"
    "تابعونا|تابعوني|تابعو|من|عبر|انشروه|"
    "انشروا|انشر|ادعموه|ادعموا|ارفعوه|فضلا|رجاء|لطفا|يا|اخوان|شباب|والدعم|الرابط|للمتابعه|بارك|الله|"
    "فيكم|لا|تنسونا|هيدا|ده|دا|معرفه|يوزر|وهو|وهذا|و|تم|افتتاح|فتح|بعد|الاغلاق|الحذف|الحظر|التعليق|zqe|"
    "اخواني|فولو|للاحتياط",
    "KINAR": "(?:ال|لل|ل|بال)?اخ|(?:ال|لل|ل|بال)?اخت|اخي|اختي|اخونا|اخينا|اخوكم|اختكم|اختنا|اخوي|اخوه|الاخوه|"
    "اخواننا|اخوانكم|اخوتنا|(?:ال|لل|ل|بال)?شيخ|(?:ال|لل|ل|بال)?حبيب|(?:ال|لل|ل|بال)?غالي|ابو|ابي|ابا|"
    "ام|صديقي|"
    "صديقنا|رفيقنا|الرفيق|(?:ال|لل|ل|بال)?قديم|(?:ال|لل|ل|بال)?مناصر|(?:ال|لل|ل|بال)?مجاهد|خوي|خويي|"
    "صاحبي|صاحبنا|بنت|بن|ابن|حبيبنا|الكاتب|الاستاذ",
    "TAKEUP": "تابعوا|تابعو|تابعوه|تابعوها|تابع|ادعموا|ادعمو|ادعموه|ساندوا|انشروا|انشرو|ارفعوا|ارفعو|اضيفوا|"
    "ضيفوا|ضيفو|فولو|فلو|رتويت|عليكم|كثروا|رحبوا|رحبو",
    "TAKEME": "تابعوني|تابعونا|تابعني|ضيفوني|ضيفونا|اضيفوني|اضيفونا|فولوني|فلوني|تجدوني|تجدونا|"
    "تلاقوني|بتلاقوني|"
    "تلقوني|انتظركم|لقوني|كملوا معي|نكمل",
    # Arabizi
    "MINEZ": "(?:7|h)e?s+a+bi|(?:7|h)i?sa+bi|safe?7ti|saf7ti|accounti|accti|el ?account beta3i|akawnti",
    "THEIRSZ": "(?:7|h)e?s+a+b|(?:7|h)i?sa+b|(?:7|h)e?sa+bo|saf7et|account|akawnt",
    "NOVELZ": "(?:(?:el|l|al|il|ej|ij|j|le) ?)?(?:gedi+d|gdi+d|jedi+d|jdi+d|jadi+d|jdee+d|"
    "gdee+d|gedee+d|jadee+d|"
    "tani|thani|tany|badi+l|badee+l|"
    "e7teyati|e7tiyati|i7tiyati|ihtiyati|backup|new)|eljdid|elgdid|elgedid|eljadid|aljadid|aljadeed|eljdeed",
    "SHUTZ": "2afalo+u?|2aflo+|etsakkar|tsakkar|sakkaro+u?|t2affal|et2afal|2oflo|msa7o+|"
    "masa7o|etmasa7|tbannad|"
    "etbanned|tballoka|sakro|7azafo",
    "RETURNEDZ": "rege3t|rgi3t|rja3t|rje3t|rj3t|raje3|rage3|raja3t|raj3in|rj3na|rege3na|3odt|3edt|"
    "3odna|rajaat|rjaat",
}

OTHER_PARTS = "في|بفضل|by|with|from|about|thanks|thank|of|for|to|via|at|مع|من|عن|كما|شكرا|الي|بقلم|قال|يا"

# What the author says of himself.
OWN = (
    "(?:my|our) <1> (?:NEW) <1> (?:ACC) (?:(?:TOLD) ){0,4}H",
    "(?:my|our) (?:NEW) (?:ACC) <6~> H",
    "(?:this is|here is|here s|heres) (?:my|our) <1> (?:NEW) (?:(?:TOLD|ACC|one) ){0,3}H",
    "(?:\\A|zqe )(?:OLD) (?:ACC|one) <2> (?:CLOSED) <3> (?:NEW) (?:ACC|one) (?:(?:TOLD) ){0,3}H",
    "(?:my|our) (?:ACC) (?:(?:is|now|has|changed|to|its|it|s|name|called|here) ){1,4}H",
    "(?:i|we) <4> (?:make|made|open|opened|create|created|start|started|need|have) <2> (?:NEW) (?:ACC|"
    "one) <9~> H",
    "(?:i|we) (?:will |ll |am |m |are |re |now )?(?:continue|continuing|post|posting|publish|tweet|"
    "write|go on) (?:now |here |only )?"
    "(?:on|at|from|under|as|via) (?:(?:TOLD) ){0,2}H",
    "(?:my|our) (?:back ?up|alt|new one|new 1|second|other one) (?:(?:TOLD) ){0,3}H",
    "H (?:is|are|s|will be|now) (?:now )?(?:my|our) <1> (?:NEW|OLD|only|real|main) <1>(?:ACC|one|1|"
    "back ?up)?",
    "H (?:my|our) (?:NEW) (?:ACC)",
    "(?:i|we|iam) (?:am|m|are|re|have returned|returned|ve returned|came|have come)? ?(?:now "
    ")?(?:BACK)? ?<2> (?:as|under|with|at|on|via) "
    "<1> (?:NEW )(?:ACC|one) (?:(?:TOLD) ){0,3}H",
    "(?:i am|i m|iam|im|we are|we re|were) (?:now )?(?:BACK) <2> (?:as|under|via) (?:(?:TOLD) ){0,2}H",
    "(?:i am|i m|iam|im|we are|we re|were) (?:now )?(?:(?:BACK) )?<2> (?:on|at|with) (?:(?:TOLD) "
    "){0,2}H(?= *$| zq| follow| support| insha| plea)",
    "(?:CLOSED) (?:me|us|my ACC) <8.> (?:NEW) (?:ACC|one) (?:(?:TOLD) ){0,3}H",
    "(?:i|we|iam|im)(?: ve| have| am| m| are| re| had to)? (?:moved|switched|relocated|migrated|moving|"
    "move|switching|changed) (?:over |accounts |account )?"
    "(?:to|on to) (?:(?:my|our|a|TOLD|NEW|ACC) ){0,4}H",
    "(?:find|look for|search for|follow|add|reach|catch|join|dm|message) (?:me|us) <2> (?:at|here|"
    "instead|as|under|on|over|now|from now on|there) (?:my new )?"
    "(?:(?:TOLD|ACC|NEW) ){0,3}H",
    "(?:follow|add) (?:me|us) (?:now )?H",
    "(?:my|our) (?:OLD) (?:ACC|one) (?:(?:which|that|is|was|were|used to be|got|has been|had been|"
    "CLOSED) ){0,3}H",
    "(?:my|our) (?:OLD )?(?:ACC|one) <3> (?:CLOSED) <8.> (?:follow|use|new|here|now|continue|join|find|"
    "back|this|made|started|posting) <4> H",
    "(?:i|we|they|twitter|admins|mods) (?:was|were|got|lost|have been|ve been|had been|CLOSED) <5> "
    "(?:CLOSED|ACC) <6.> (?:new|back) "
    "(?:(?:TOLD|ACC|one|NEW) ){0,4}H",
    "(?:i|we|me) <2> (?:formerly|previously|was|used to be|ex|aka) H <8.> (?:ACC|CLOSED)",
    "(?:i|we) (?:used to be|was|were|am the former|used to post as) H",
    "(?:this|it) (?:is|s) (?:me|us|my new one|my new) <2> (?:formerly|previously|was|ex|from|of) H",
    "(?:same|me) (?:person|guy|again) <2> (?:as|from|of|formerly|was) H",
    "(?:\\A|zqe )(?:BACK) <8.> (?:NEW) (?:ACC|one) (?:(?:TOLD) ){0,3}H",
    # Arabic
    "(?:MINE) (?:NOVEL|FORMER) (?:(?:TOLDAR) ){0,4}H",
    "(?:MINE) (?:NOVEL) <5~> H",
    "(?:من فقدني|لمن فقدني|من فقدنا|فقدتموني|يبحث عني) <2> (?:علي|في|هنا|هذا) H",
    "(?:MINE) (?:(?:TOLDAR) ){0,2}(?:NOVEL) (?:(?:TOLDAR) ){0,3}H",
    "H (?:(?:هو|هذا|هذه|هيدا|ده|دا|وهو|صار|اصبح|هي) ){0,2}(?:MINE) <1>(?:NOVEL|FORMER)",
    "(?:RETURNED) <2> (?:بحساب|بحسابي|بمعرف|بمعرفي|باسم|بهذا|بهذه|بيوزر|بصفحه|بقناه|بقناتي|علي|من|في|"
    "حساب|حسابي|ب|باكونت|باكاونت|بهذا الحساب) "
    "(?:(?:NOVEL|TOLDAR|THEIRS|MINE) ){0,4}H",
    "(?:RETURNED) (?:(?:من جديد|مره اخري|مجددا|لكم|اليكم) ){0,2}H",
    "(?:TAKEME) (?:(?:TOLDAR|NOVEL|THEIRS|MINE|بحسابي|بحساب) ){0,4}H",
    "(?:SHUT) <3> (?:MINE) <8.> (?:NOVEL|هذا|عدت|تابعوني|بديل|تابعوا|وهذا|هنا) <3> H",
    "(?:MINE) <3> (?:SHUT) <8.> (?:NOVEL|هذا|عدت|تابعوني|بديل|تابعوا|وهذا|هنا|رجعت|الحين|صار) <3> H",
    "(?:انتقلت|انتقلنا|نقلت|نقلنا|حولت|انتقل حسابي|غيرت) <2> (?:الي|ل|علي|لحساب|للحساب|لحسابي|لمعرف) "
    "(?:(?:NOVEL|TOLDAR|THEIRS|MINE) ){0,3}H",
    "(?:كنت|انا) (?:سابقا )?(?:صاحب|صاحبه|صاحب حساب|باسم|في حساب|علي حساب|هو) (?:(?:THEIRS|FORMER) ){0,2}H",
    "(?:MINE) (?:هو|كان) H",
    # Arabizi
    "(?:MINEZ) (?:NOVELZ) <3> H",
    "H <2> (?:MINEZ) (?:NOVELZ)",
    "(?:RETURNEDZ) <2> (?:b|bi|be|3ala|3la|3a|fi|bel|b hal) ?<3> H",
    "(?:(?:tab3|tabe3|tabi3|tabeo|dayf|deef|dif|zid|follow|folow)(?:o|u|ou|oo)?ni) <3> H",
    "(?:MINEZ) <4> (?:SHUTZ) <8.> H",
    "(?:SHUTZ) <3> (?:MINEZ) <8.> H",
)

# What somebody says of another; what is said of oneself counts here too.
OTHERS = (
    "(?:KIN) <3> (?:NEW) (?:ACC|one) (?:(?:TOLD|KIN) ){0,5}H",
    "(?:\\A|zqe )(?:(?:NEW) (?:ACC)|back ?up) (?:(?:TOLD) ){0,3}H",
    "(?:has|have|had|made|opened|got|created|launched|started|uses|using) <2> (?:NEW) (?:ACC) "
    "(?:(?:TOLD) ){0,3}H",
    "(?:follow|support|boost|share|add|spread|retweet|rt|here is|here s|heres|this is|check) "
    "(?:(?:KIN) ){0,4}<1> (?:NEW) (?:ACC|one|back ?up)? ?(?:(?:TOLD) ){0,3}H",
    "(?:follow|support|boost|share|add|spread|retweet|rt|here is|here s|heres|this is) (?:(?:KIN) "
    "){0,4}<1> (?:back ?up|alt) (?:(?:TOLD|ACC) ){0,3}H",
    "(?:KIN) <1> (?:back ?up|alt) (?:(?:TOLD|ACC) ){0,3}H",
    "(?:new|back ?up|replacement) (?:ACC) (?:of|for|from) (?:(?:KIN) ){1,3}<2> (?:(?:TOLD) ){0,3}H",
    "H (?:is|s|this is) <1> (?:(?:KIN) ){1,3}<2> (?:NEW) (?:ACC|one|back ?up)",
    "H (?:is|s) (?:a |the )?(?:NEW) (?:ACC|one|back ?up) (?:of|for|from) (?:(?:KIN) ){1,3}",
    "welcome back <3> H <3.> (?:was|were|formerly|ex|previously|old|new ACC|after|from) ",
    "welcome back <3> H <6.> (?:CLOSED|ACC|suspended)",
    "welcome back <4> (?:on|with|to|under) <2> (?:new|NEW) (?:ACC) <2> H",
    "(?:KIN|he|she|they) <3> (?:is|are|has|have|s|re|came|come|returned) ?(?:returned|come|now)? "
    "?(?:BACK)? <2> (?:as|under|with|at|on) <3> (?:new|ACC|NEW) <3> H",
    "(?:KIN|he|she|they) <3> (?:is|are|s|re|has|came|got) (?:come )?(?:BACK) (?:again )?(?:as|under|at|"
    "on|with) (?:(?:TOLD) ){0,3}H",
    "(?:CLOSED) <8.> (?:follow|support|boost|add|share|new|back|use) (?:(?:KIN|NEW|TOLD|ACC|one) ){1,5}H",
    "(?:CLOSED) (?:his|her|their) (?:OLD )?(?:ACC) <2.> H",
    "(?:BACK) <3.> H <1> (?:NEW) (?:ACC)",
    "(?:he|she|they|brother|sister|akhi) <2> (?:returned|returns) (?:(?:TOLD) ){0,2}H",
    "(?:BACK) (?:he|she|they) (?:is|are|s|re) (?:(?:now|at|on|here) ){0,2}H",
    "(?:his|her|their|our|brother|brothers|sister|akhi) <2> (?:NEW) (?:ACC) <5~> H",
    "H <1> (?:is|are) (?:BACK) <4.> (?:new|after|CLOSED) <2> (?:ACC|CLOSED)",
    "(?:support|follow|boost|welcome) H <2.> (?:(?:KIN|he|she|they) )?<4> (?:OLD|his|her|their) (?:ACC|"
    "one) <4> (?:CLOSED)",
    "(?:NEW) (?:ACC) (?:of|for) H",
    # Arabic
    "(?:THEIRS) (?:(?:KINAR) ){0,3}<1> (?:(?:KINAR) ){0,2}(?:NOVEL) (?:(?:TOLDAR|KINAR) ){0,5}H",
    "H (?:(?:هو|هذا|هذه|وهو|هي) ){0,2}(?:THEIRS) (?:(?:KINAR) ){0,3}<1> (?:NOVEL)",
    "(?:RETURNS) <5> (?:بحساب|بحسابه|بحسابها|بحسابهم|بمعرف|بمعرفه|باسم|بيوزر|بصفحه|بقناه|حسابه|علي "
    "حساب|علي الحساب) (?:(?:NOVEL|TOLDAR|THEIRS) ){0,4}H",
    "(?:RETURNS) (?:(?:KINAR) ){0,3}<2> H <3.> (?:بعد|كان|وكان|سابقا|حسابه|معرفه|بحساب|بحسابه|صاحب|المعروف) ",
    "(?:RETURNS) (?:(?:KINAR) ){1,3}<2> (?:TOLDAR )?H",
    "(?:KINAR) <2> (?:RETURNS) (?:(?:TOLDAR|THEIRS|NOVEL) ){1,5}H",
    "(?:TAKEUP) (?:(?:KINAR) ){0,3}<3> (?:NOVEL) (?:(?:TOLDAR) ){0,3}H",
    "(?:TAKEUP) (?:(?:KINAR) ){0,3}H <3.> (?:بعد|حسابه|حسابها|حسابهم|تم|بدل|بديل|عن|كان) <3> (?:SHUT|"
    "بديل|القديم|السابق)",
    "(?:THEIRS) (?:(?:KINAR) ){0,3}<1> (?:NOVEL) <5~> H",
    "(?:KINAR) (?:ال)?عا[يء]ده? <1> H",
    "(?:SHUT) <2> (?:THEIRS|KINAR) <6.> (?:TAKEUP|هذا|وهذا|الجديد|البديل|حسابه|عاد) (?:(?:KINAR|NOVEL|"
    "TOLDAR|THEIRS) ){0,4}H",
    "H <1> (?:عوض|بدل|بديل|بديلا) (?:عن )?(?:THEIRS|KINAR|H)",
    # Arabizi
    "(?:THEIRSZ) <4> (?:NOVELZ) <3> H",
    "(?:tab3o+|tabe3o+|tabi3o+|ed3amo+|d3amo+|ad3amo+|noshro+|nshro+|follow) <4> (?:NOVELZ) <3> H",
    "(?:rege3|rje3|rj3|raja3|3ad|rja3) <4> (?:b|bi|be|3ala|3la|3a) <3> (?:THEIRSZ) <3> H",
)

# Whoever says this announces nothing, or names an account that is not what it claims to be.
DENIES = (
    "(?:not|isn t|isnt|aint|ain t|never was|no longer) <1> (?:my|our|his|her|their|me|us|him)",
    "(?:do not|dont|don t|never|stop|un) ?(?:follow|following|trust|believe|add|support)",
    "fake|impersonat\\w*|impostor|imposter|scam\\w*|pretend\\w*|claiming|claims|phishing|parody|clone|"
    "cloned|beware|catfish",
    "(?:report|block) (?:and|this|his|her|their|the|him|them|it|H)|mass report",
    "just kidding|jk|joking|joke|imagine|hypothetically|pretend",
    "bank|savings|checking|loan|customers?|deposit|subscribe to our newsletter|premium|giveaway|"
    "student accounts?",
    "(?:said|says|told|announced|reported|reports|claimed|wrote|tweeted|according) (?:that|on|to|in|"
    "police|officials|reporters|he|she|they|the|it)",
    "(?:how|can i|can you|could you|does|did|should|anyone know|is there|who is|whose|which|any) <6> "
    "(?:ACC|back ?up)",
    "ليس|ليست|مو|مش|مهوب|ماهو|مزيف\\w*|وهمي\\w*|منتحل\\w*|ينتحل|انتحال|مزور\\w*|نصاب\\w*|احتيال|احذروا|"
    "احذر|لا تتابعوا?|لا تتابعو|لا تصدقوا?|لا تضيفوا?",
    "بلغوا|بلغو|حظروه|حظروها|احظروه|احظروا|حظر هذا|الاكاذيب|اكاذيب|بلكوا|بلكو|بلوك|سبام|بلاغ|ابلاغ",
    "امزح|نمزح|مزحه|نكته|تخيلوا|تخيل|لو كان",
    "بنك|البنك|مصرف|المصرف|توفير|العملاء|عملايه|زباين|قرض|مسابقه|للمشتركين",
    "(?:قال|قالت|ذكر|ذكرت|اعلن|اعلنت|بحسب|وفق|وفقا|افاد|افادت|نقلت|صرح|كتب|كتبت) <4> (?:ان|انه|بان|في|"
    "صحيفه|وكاله|الشرطه|مصدر|مصادر|التنظيم|متحدث|الصحيفه|عن)",
    "(?:هل|وش|ايش|شو|منو|مين|كيف|وين|ما هو|من صاحب) <6> (?:THEIRS|MINE|NOVEL)",
    "msh|mesh|mish|mosh|mo|mu fake",
)

_PLATFORMS = """
instagram insta ig twitter facebook fb youtube yt tiktok telegram snapchat snap whatsapp linkedin reddit
twitch discord spotify threads bluesky mastodon gmail yahoo hotmail outlook support help
"""
NOT_PEOPLE = frozenset(_PLATFORMS.split())


def compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The patterns as regular expressions; handles are the groups of a match."""
    return tuple(re.compile(_expand(pattern)) for pattern in patterns)


def _expand(pattern: str) -> str:
    for name in sorted(PARTS, key=len, reverse=True):
        pattern = re.sub(rf"\b{name}\b", f"(?:{PARTS[name]})".replace("\\", r"\\"), pattern)
    pattern = re.sub(r"<(\d)\.> ?", rf"(?:(?!{HANDLE})\\S+ ){{0,\1}}?", pattern)
    pattern = re.sub(r"<(\d)~> ?", rf"(?:(?!zq|(?:{OTHER_PARTS}) )\\S+ ){{0,\1}}?", pattern)
    pattern = re.sub(r"<(\d)> ?", r"(?:(?!zq)\\S+ ){0,\1}?", pattern)
    pattern = re.sub(r"\bH\b", rf"{HANDLE}([a-z])", pattern)
    return rf"(?<!\S)(?:{pattern})(?!\S)" if not pattern.endswith(" ") else rf"(?<!\S)(?:{pattern})"
