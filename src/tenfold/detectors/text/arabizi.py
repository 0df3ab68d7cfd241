"""Arabic in Latin letters and digits ("ana ray7 3la el souq"), told from languages written in Latin letters.

Language models know nothing of it. What gives it away are digits used as letters beside vowels and a few
hundred small words that every dialect needs, spelt as people spell them. Words that other languages have
too weigh little.
"""

import re

# Words that hardly occur in other languages written in Latin letters.
_STRONG_WORDS = """
2abl 3ad 3afia 3afwan 3afya 3al 3ala 3alaikum 3alashaan 3alashan 3alay 3alaykom 3aleek 3aleik 3aleikom 3alek
3alik 3and 3andak 3andi 3andy 3aref 3arfa 3arif 3ashaan 3ashan 3awez 3awza 3awzeen 3ayez 3ayz 3ayza 3ayzeen
3endak 3endi 3endy 3la 3lach 3lash 3lashan 3lech 3likom 3lshan 3ndi 3ndy 3shan 3wza 5air 5alas 5edma 5eir
7abib 7abibi 7abibti 7aga 7agat 7amdella 7elw 7elwa 7ilwa 7ob a5oya a7la a7san ab8a aiwa akeed akhouya
akhoya akoo aktr al7een al7in alaikum alaykom albait aleikum alhamdulillah alhin alyoum ana7na aslema
astaghfirullah awy aywa aywah ba3d ba3deen ba3dein ba3den baddak badde baddi baddo baladna barcha bardu
barduh beddi bedi bezaf bezzaf bghit bghiti biddak biddi bokra bokrah bukra bukrah bzaf bzzaf chkoun chlonak
chnia chno chnou chnowa choukran chwiya daiman dayeman delwa2ti delwa2ty delwaqty dialek dilwa2ti dilwaqti
dlw2ty dyal dyali dyalk e7na ehna eih el3amal el7amdulillah el7ob elbalad elbeet elbeit elbet elhamdulillah
elleila elli ellila elly elmasr elnaharda elnahrda elnas elshoghl elyawm elyom elyoum embare7 embareh
enaharda ennaharda ennas ensha2allah enta enti ezay ezayak ezayek ezzay fe3lan gameel gamil gayeen gedan
ghadi ghadya gidan giddan habibi habibti hadchi hadol hadool hadshi hala2 halla2 hamdella hamdulillah hasa5
hayde haydi heya hiyya hnaya howa humma huwa hwaya i7na ihna illi ilyom imbare7 imbareh imta innaharda innas
insha2allah inshalla inshallah intu izay izayak izayyak izzay kayna kda keda keefak keefik kefak kewayes
khalass khallas khayr khedma kheir khouya kida kifach kifak kifech kifik kifkon kolena kollo kollohom kolna
kteer kteir ktir kulhum kulna kwayes kwayesa kwayyes labass laheth laish lakn leeh leish m3ak ma3 ma3ak
ma3aki ma3aya ma3lesh ma3lish ma3lsh maalesh mabrouk mabruk mabsoot mabsout mabsouta mafeesh mafi mafihash
mafish makayn makaynch mako malesh mar7aba masa2 masha2allah mashallah mazel mbare7 mesh mish mli7 mlih
mliha mnee7 mni7 mnih mosh moush msh mumken mush nafsy nshallah ntoma ntouma okhti rabbena rabbina rabena
rabina rahom rahou ray7 ray7a ray7een raye7 rayeh rayeheen sa7 sa7ba sa7bi sa7tein sa7ten saba7 sahbi
sahtein salamo sha3b shako shaku shkoun shlon shlonak shlonich shlonik shlonkum shno shnou sho8l shoghl
shokran shughl shukran shwai shway shwaya shwayeh shwayya souq subhanallah ta3ban ta3bana tab3an tayeb
tayyeb tayyib teslam tislam tuslam w2t wa2t wa7da wa7ed walahi walakin wallah wallahi wallahy washrak wayed
wayid wech wesh winek ya3ni ya3ny ya3tik yabgha yalla yallah yeslamo yezzi yislamo za3lan za3lana za7ma
zayek zayy zeen zwina
"""
# Words that other languages have too; enough of them beside stronger ones still say something.
_WEAK_WORDS = """
2albi 2alby 3omri 3omry 7ata 7atta aal abga abgha abi abl abla abo abu ahl ahlan ahsan akh akid aktar aku al
ala alach albi allah ana awel awi bahi balad bardo barsha bas bass been bein beit bel ben bent bil bint
bladi bnt brdo bs chan chi chou da daba dah dayman deh di dial diali dih eh el ela ella elwa2t emta enno eno
ento entu eza ezan fakher fe feen fein fel fen fi fil fin fino galbi gamila gay gaya ghair gher ghir had
hada hadi haga hagat hai haik hal hala halla hassa hata hatta hay hayda heik hek helwa hilwa hna hob hobi
homma ila inno inta inti into iza jiddan kalam kam kaman kamen kan kanet kano kayen kayn keef khair khalas
khoya khti kif kifash kitab kol kolo konna kont ktab kull kullo la labas lahza lakin law lazem lazim leh
leih lel lesa lesh lessa lil lissa lsa lw ma mabrook machi marhaba mashi masr mazal men min mn momken mumkin
nafsi nas nta nti ntia okht om omi omri qalbi ra7 rah rak raki rani ro7i ro7y rohi sabah sabr safi sah salam
sana shabab shi sho shou shu souk tab tamam tara taw tawa tb um ummi wa wach wahda wahed wala walad walla
wayn wel wen weyn win ya yaani yabi yani yom yoom youm zahma zain zay zayak zein zen zwin
"""

_STRONG = frozenset(_STRONG_WORDS.split())
_WEAK = frozenset(_WEAK_WORDS.split()) - _STRONG

_WORD = re.compile(r"[a-z0-9']+")
_DIGIT_BY_VOWEL = re.compile(r"[aeiouwy][235-9]|[235-9]'?[aeiouwy]")
_DIGIT = re.compile(r"[0-9]")
_LETTERS = re.compile(r"[a-z]")
# Digits that are numbers or English shorthand: 2nd, 10k, gr8, b4, mp3, ps5, h264, 2day.
_NO_ARABIC_DIGIT = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|k|m|b|g|d|x|s|h|l|v|w|mm|cm|km|kg|gb|mb|tb|hz|min|mins|hr|hrs|yr|yrs|yo|pt|pts|way"
    r"|day|nite|night|u|ya|you|me|morrow|gether|moro|ever|life|e|er|ers|ish)"
    r"|[a-z]{1,2}\d+|[a-z]*\d{2,}[a-z0-9]*|\d[a-z]\d*"
    r"|(?:gr|m|l|h|str|sk|w|any|some|no|ab|in|on|for)\d[a-z]?|l8er?s?|(?:me|not|up|how|where|day|face)2\w+"
)
_DIGIT_AT_END = re.compile(r"[a-z']+\d")

_ENOUGH = 3.0
_ENOUGH_A_WORD = 0.55  # weight a word that a text needs; chosen on the samples of the tests


def is_arabizi(text: str) -> bool:
    """Whether a text in Latin letters (lower case, without links and mentions) is Arabic."""
    words = _WORD.findall(text)
    strong = [word for word in words if word in _STRONG]
    digits = (
        [word for word in words if _DIGIT.search(word) and word not in _STRONG] if _DIGIT.search(text) else []
    )
    certain = 2.0 * len(strong) + sum(map(_digit_weight, digits))
    if certain < 1.0:
        return False
    known = len(words) - sum(word.isdigit() for word in digits)
    total = certain + 0.5 * sum(word in _WEAK for word in words)
    if known <= 2:
        return certain >= 2.0
    return bool(total >= min(_ENOUGH, 0.75 * known) and total >= _ENOUGH_A_WORD * known)


def _digit_weight(word: str) -> float:
    """How strongly a lower-case word with a digit speaks for Arabic: 0 to 2."""
    if not _DIGIT_BY_VOWEL.search(word) or _NO_ARABIC_DIGIT.fullmatch(word):
        return 0.0
    if _DIGIT_AT_END.fullmatch(word):  # "ma3", but also "level3"
        return 1.0 if len(word) <= 6 else 0.5
    return 2.0 if len(_LETTERS.findall(word)) >= 2 else 0.5
