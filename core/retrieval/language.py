"""Which language a text is written in, told by its script and its commonest words.

Pure and small: a chunk of some hundred words always has many of a language's commonest ones. The
libraries for this know more languages and guess at single words, at the cost of 100 MB and more
than a second at their first text; keyword search needs neither.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

SAMPLE = 2000
"""Characters that are looked at."""
MIN_SCORE = 1.0
"""What a text must have of a language: one word that is common in no other, or several shared."""
MIN_SHARE = 0.06
"""Of all words, the least score; tables, figures and code have less."""
MIN_LEAD = 1.15
"""How much further the best language must be than the second."""
LETTER_WEIGHT = 0.4
"""What a letter counts that few languages have, beside a word that few have."""

_SCRIPTS = (
    ("ja", "\u3040-\u30ff"),
    ("ko", "\uac00-\ud7af"),
    ("zh", "\u4e00-\u9fff"),
    ("el", "\u0370-\u03ff"),
    ("he", "\u0590-\u05ff"),
    ("ar", "\u0600-\u06ff"),
    ("hi", "\u0900-\u097f"),
    ("ta", "\u0b80-\u0bff"),
    ("th", "\u0e00-\u0e7f"),
    ("ka", "\u10a0-\u10ff"),
    ("hy", "\u0530-\u058f"),
)
"""Scripts in the order in which they decide: Japanese is written in Chinese signs, too."""
_MIN_OF_SCRIPT = 0.25
"""Of all letters; technical texts are full of Latin names, and Japanese of Chinese signs."""
_MIN_OF_KANA = 0.08

_COMMON = {
    "en": "the of and to in is that for it as was with be on not this are or by from at which have "
    "you an has can will if your all we their but when would there",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch "
    "es an werden aus er hat dass sie nach wird bei einer um wenn oder kann sind nur noch wie",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce "
    "il sont avec ou son cette être aux vous nous ont mais à été d l qu n s",
    "es": "de la que el en y los del se las por un para con no una su al lo como más pero sus es "
    "está o este si sobre entre ha ser son también cuando hay puede",
    "it": "di e il la che in un a per è del una non le i si da con sono dei della al nel come più "
    "alla ha gli delle lo o anche se questo ma essere può dell l dal",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao "
    "ele das tem à seu sua ou ser quando muito são está também pelo você",
    "ca": "de la i el que a les en un per els del amb una no és es al dels l d són més com si "
    "aquest però ha o seva pot s aquesta ser també ho",
    "ro": "de și în a la cu pe nu o un care din pentru este să ca al mai fi au se sau prin sunt "
    "ale nu fost ce dar după cel fie lui această",
    "nl": "de van het een en in is dat op te zijn met voor niet aan er om ook als maar dan bij "
    "door naar uit heeft worden wordt kan of deze dit je nog u hebben",
    "sv": "och i att det som en på är av för med till den har inte om ett de kan från eller men "
    "vid var så du vi inte ska när detta skall filen måste också denna",
    "da": "og i at det er en til af på for med den som ikke de har der et kan fra eller om var "
    "men ved skal så blev hvis du også når denne efter nogle hvor være kunne",
    "no": "og i å det er en til av på for med den som ikke de har et kan fra eller om var men "
    "ved skal så ble hvis du også når denne etter noen hvor være kunne fra",
    "fi": "ja on ei se että oli ovat joka tai mutta kun niin hän myös sen ole voi kuin ne sekä "
    "jos tämä olla vain mukaan jotka vaan tämän voidaan eivät näin",
    "hu": "a az és hogy nem is egy ez de meg csak már van volt vagy ha mint el sem kell még "
    "lehet azt ezt amely pedig minden után nincs legyen lett",
    "tr": "ve bir bu için ile olarak da de çok daha olan gibi en kadar ne ya var değil veya "
    "olduğu sonra her ancak ise kullanılan yok olur göre",
    "pl": "w i na z się do nie to jest że o jak po od za przez dla są ale być tym może oraz "
    "jego który lub można tylko przy tego już która które",
    "cs": "a v se na je že s z do o to i jako pro za by ale nebo po od jsou jeho které byl "
    "který při ve není být není když pouze jen může také",
    "sk": "a v sa na je že s z do o to ako pre za by ale alebo po od sú jeho ktoré bol ktorý "
    "pri vo nie byť keď iba len môže tiež nebol",
    "sl": "in v je na se za da so pa ne z s ki po kot ali iz od tudi pri bil lahko te to še "
    "ni biti samo če kar bi ker ta kateri",
    "hr": "i u je na se za da su s a od ne o kao ali ili po iz koji nije što ako bi to biti "
    "samo koja može kada ova nakon te sve",
    "lt": "ir yra į kad iš su kaip ar nuo tai bet buvo ne per jis po dėl bei apie šis gali "
    "būti už tik arba jei kuris nėra taip",
    "lv": "un ir ar no uz kas par ka bet nav vai kā ja pie lai tika arī tas šis pēc var būt tiek "
    "tikai kuru bija to tā",
    "et": "ja on ei et see kui ka oli ning mis seda aga või selle kes oma ole siis nii välja "
    "pole pärast saab kuid veel tuleb",
    "id": "yang dan di untuk dengan dari pada tidak ini dalam ke itu adalah akan oleh atau "
    "sebagai telah dapat juga karena ada bisa tersebut lebih anda saat",
    "vi": "và của là có không được trong cho các với một này để những người đã khi từ về như "
    "tập tin bạn thể phải nếu hoặc",
    "ru": "и в не на что с по как из к это для от за его но или же если при может быть был так "
    "также только все есть она они вы будет",
    "uk": "і в не на що з до як та у за від це для його але або якщо при може бути був так також "
    "тільки все є вона вони ви буде",
    "be": "і ў не на што з да як у за ад гэта для яго але або калі пры можа быць быў так таксама "
    "толькі усё ёсць яна яны вы будзе",
    "bg": "и в не на че с по като от за се да това но или ако при може са е беше така също само "
    "всички има тя те ви ще",
    "sr": "и у не на да с по као од за је се то али или ако при може су био тако само све има "
    "она они ви ће није који",
}
_LETTERS = {
    "de": "ßäöü",
    "fr": "çœêèùî",
    "es": "ñ¿¡",
    "pt": "ãõç",
    "ca": "çŀ",
    "it": "ìò",
    "ro": "țșăţş",
    "sv": "åäö",
    "da": "åæø",
    "no": "åæø",
    "fi": "äö",
    "hu": "őű",
    "tr": "ğışİçü",
    "pl": "łąęśćżź",
    "cs": "řůěčšž",
    "sk": "ľĺŕôčšž",
    "sl": "čšž",
    "hr": "đćčšž",
    "lt": "ėųįęšž",
    "lv": "āēīūķļņģ",
    "et": "õäü",
    "vi": "ơưđạảấầậắệếềểịọốồộớờợụủứừựộ",
    "ru": "ыэё",
    "uk": "іїєґ",
    "be": "ўіыэё",
    "bg": "ъщ",
    "sr": "ђјљњћџ",
}
_WORD = re.compile(r"[^\W\d_]+")
_OTHER_SCRIPT = re.compile(f"[{''.join(signs for _, signs in _SCRIPTS)}]")
_PATTERNS = tuple((code, re.compile(f"[{signs}]")) for code, signs in _SCRIPTS)

_Weights = dict[str, tuple[tuple[str, float], ...]]


def _weights(signs_of: Mapping[str, Iterable[str]], share: float) -> _Weights:
    """Return for each word or letter its languages; one of many counts less for each."""
    languages: dict[str, list[str]] = defaultdict(list)
    for code, signs in signs_of.items():
        for sign in dict.fromkeys(signs):
            languages[sign].append(code)
    return {
        sign: tuple((code, share / len(codes)) for code in codes)
        for sign, codes in languages.items()
    }


_WEIGHTS = _weights({code: words.split() for code, words in _COMMON.items()}, 1.0)
_WEIGHTS_OF_LETTERS = _weights(_LETTERS, LETTER_WEIGHT)


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the language of a text, empty where it cannot be told."""
    sample = text[:SAMPLE].lower()
    words = _WORD.findall(sample)
    return _by_script(sample, sum(map(len, words))) or _by_words(words)


def _by_script(sample: str, letters: int) -> str:
    if len(_OTHER_SCRIPT.findall(sample)) < _MIN_OF_KANA * letters:
        return ""
    for code, pattern in _PATTERNS:
        least = _MIN_OF_KANA if code == "ja" else _MIN_OF_SCRIPT
        if len(pattern.findall(sample)) > least * letters:
            return code
    return ""


def _by_words(words: Sequence[str]) -> str:
    scores: defaultdict[str, float] = defaultdict(float)
    for weights, signs in ((_WEIGHTS, words), (_WEIGHTS_OF_LETTERS, "".join(words))):
        for sign, count in Counter(signs).items():
            for code, weight in weights.get(sign, ()):
                scores[code] += weight * count
    ranked = sorted(scores.items(), key=itemgetter(1), reverse=True)
    (best, score), (_, second) = [*ranked, ("", 0.0), ("", 0.0)][:2]
    is_clear = score >= max(MIN_LEAD * second, MIN_SCORE, MIN_SHARE * len(words))
    return best if is_clear else ""
