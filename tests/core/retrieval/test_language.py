"""The language of a text is told from its script and its commonest words."""

from __future__ import annotations

import pytest

from core.records import HeadingSpan, ParsedDocument
from core.retrieval.chunking import chunk
from core.retrieval.language import detect

TEXTS = {
    "en": "The gate of the yard is locked at nine, and whoever comes later has to ring the bell.",
    "de": "Das Tor zum Hof wird um neun geschlossen, und wer später kommt, muss die Glocke läuten.",
    "fr": "La porte de la cour est fermée à neuf heures et ceux qui viennent après doivent sonner.",
    "es": "La puerta del patio se cierra a las nueve y quien llega más tarde tiene que llamar.",
    "it": "Il cancello del cortile viene chiuso alle nove e chi arriva più tardi deve suonare.",
    "pt": "O portão do pátio é fechado às nove horas e quem chega mais tarde tem que tocar.",
    "nl": "De poort van het erf wordt om negen uur gesloten en wie later komt, moet aanbellen.",
    "sv": "Porten till gården låses klockan nio och den som kommer senare måste ringa på klockan.",
    "fi": "Pihan portti suljetaan yhdeksältä, ja se joka tulee myöhemmin, on soitettava kelloa.",
    "pl": "Brama na podwórze jest zamykana o dziewiątej, a kto przyjdzie później, musi zadzwonić.",
    "cs": "Brána do dvora se zavírá v devět hodin a kdo přijde později, musí zazvonit na zvonek.",
    "hu": "Az udvar kapuját kilenckor bezárják, és aki később érkezik, annak csengetnie kell.",
    "tr": "Avlunun kapısı saat dokuzda kapanır ve daha geç gelen herkes zili çalmak için bekler.",
    "ru": "Ворота во двор закрываются в девять часов, и тот, кто придёт позже, должен позвонить.",
    "uk": "Ворота у двір зачиняються о дев'ятій, і той, хто прийде пізніше, має подзвонити.",
    "el": "Η πύλη της αυλής κλείνει στις εννέα και όποιος έρθει αργότερα πρέπει να χτυπήσει.",
    "ar": "تغلق بوابة الفناء في الساعة التاسعة وعلى من يأتي بعد ذلك أن يقرع الجرس.",
    "he": "שער החצר ננעל בשעה תשע, ומי שמגיע מאוחר יותר צריך לצלצל בפעמון.",
    "ja": "中庭の門は九時に閉まり、それより遅く来た人はベルを鳴らさなければなりません。",
    "zh": "院子的大门九点关闭，晚到的人必须按门铃。",
    "ko": "마당의 문은 아홉 시에 닫히며 늦게 오는 사람은 벨을 눌러야 합니다.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_is_enough(code: str) -> None:
    """Each language is told from one sentence, in capitals too."""
    assert detect(TEXTS[code]) == code
    assert detect(TEXTS[code].upper()) == code


@pytest.mark.parametrize(
    "text",
    ["", " \n", "12.5 | 3,000 | 17 %", "x = foo(bar)[0] + BAZ_QUX", "XQ-4711", "Lorem ipsum dolor"],
)
def test_what_is_no_language_is_not_guessed(text: str) -> None:
    """Figures, names and code have none, and blind text is not taken for one that it resembles."""
    assert detect(text) == ""


def test_names_in_latin_letters_do_not_hide_another_script() -> None:
    """A Japanese or Greek text about software is Japanese or Greek all the same."""
    assert detect("Windows と Linux で Python を使います。Qt も動きます。") == "ja"
    assert detect("Το Python τρέχει σε Linux και Windows με την ίδια εντολή.") == "el"


def test_each_chunk_has_its_language() -> None:
    """A document in two languages has chunks of both; figures take the document's language."""
    figures = "1 2 3 4 5 6 7 8 9"
    text = "\n\n".join([TEXTS["en"]] * 3 + [figures] + [TEXTS["de"]] * 2)
    starts = [text.index(part) for part in (TEXTS["en"], figures, TEXTS["de"])]
    headings = tuple(HeadingSpan(1, "Part", start) for start in starts)
    chunks = chunk(ParsedDocument(text, "text/plain", (), headings))
    assert [each.language for each in chunks] == ["en", "en", "de"]
