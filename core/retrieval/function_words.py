"""Words that hold sentences together and say nothing about a document: data, by language.

A question is mostly made of them ("what is there about … in …"). Keyword search leaves them out,
what counts as evidence does not count them, and a follow-up question that has nothing else is
one that cannot stand alone. Keys are ISO 639-1 codes; the words are in lower case. The keyword
index knows longer lists of articles and prepositions; here is what those lists leave in.
"""

from __future__ import annotations

_WORDS = {
    "en": """what which who whom whose when where why how did does do doing done has have had
        having was were is are be been being am can could should would will shall may
        might must ought i me my mine we us our ours you your yours he him his she her
        hers it its they them their theirs this that these those there here about than
        then so very just only also too please tell give explain describe show mention
        mentioned say says said some any each few more most other such nor from off out
        over under up because until while between through during before after above below
        again further all both same own much many long often far old high large name
        named called the a an and or of in on at to for with by as if not no but into""",
    "de": """was welche welcher welches welchen welchem wer wen wem wessen wann wo woher wohin
        warum weshalb wieso wie wieviel wieviele viel viele lange oft ist sind war waren
        wird werden wurde wurden worden hat haben hatte hatten kann können konnte konnten
        soll sollte muss musste darf mag möchte ich mich mir du dich dir er ihn ihm sie
        ihr ihre ihrer es wir uns euch man sich mein dein sein seine seiner dieser diese
        dieses diesen jener jene der die das den dem des ein eine einer eines einem einen
        und oder aber auch nur noch schon dann da dort hier bei bitte sag nenne erkläre
        beschreibe gibt gab heißt hieß genannt von zu zum zur im in an am auf aus mit nach
        für über unter vor durch um als wenn ob nicht kein keine""",
    "fr": """que quoi quel quelle quels quelles qui quand où pourquoi comment combien est sont
        était étaient fut furent être été a ont avait avaient avoir peut peuvent pouvait
        doit doivent fait font je me moi tu te toi il elle ils elles nous vous on se lui
        leur leurs son sa ses mon ma mes ton ta tes notre votre ce cet cette ces celui
        celle ceux cela ça le la les un une des de du au aux et ou mais aussi dans sur
        sous par pour avec sans entre vers chez si ne pas plus y en quand dont lequel
        laquelle dis donne explique décris appelle appelé""",
    "es": """qué que cuál cual cuáles cuales quién quien quiénes quienes cuándo cuando dónde
        donde por cómo como cuánto cuanta cuántos cuántas es son era eran fue fueron ser
        sido ha han había habían puede pueden podía debe deben hace hacen hay yo me mi tú
        te ti él ella ellos ellas nosotros usted ustedes se lo la le los las les su sus
        mis tus nuestro este esta estos estas ese esa eso esos esas aquel un una unos unas
        el de del al y o pero también en sobre con sin entre para si no más muy ya dime
        explica describe llama llamado""",
    "it": """che cosa quale quali chi quando dove perché come quanto quanta quanti quante è
        sono era erano fu furono essere stato stata ha hanno aveva avevano può possono
        deve devono fa fanno io mi me tu ti te lui lei loro noi ci voi vi si lo la li le
        gli suo sua suoi sue mio tuo nostro questo questa questi queste quello quella
        quelli un uno una il i di del della dei delle al alla nel nella e o ma anche in su
        con senza tra fra per se non più molto già chiama""",
    "pt": """que quê qual quais quem quando onde por porque como quanto quanta quantos quantas
        é são era eram foi foram ser sido tem têm tinha tinham pode podem deve devem faz
        fazem há eu me mim tu te você vocês ele ela eles elas nós se lhe lhes seu sua seus
        suas meu minha nosso este esta estes estas esse essa isso aquele um uma uns umas o
        a os as de do da dos das no na nos nas ao e ou mas também em sobre com sem entre
        para se não mais muito já chama chamado""",
    "nl": """wat welke welk wie wiens wanneer waar waarom hoe hoeveel is zijn was waren wordt
        worden werd werden heeft hebben had hadden kan kunnen kon moet moeten mag mogen
        zal zullen zou ik mij me jij je u hij hem zij ze haar hen hun het wij we ons onze
        mijn jouw zich dit dat deze die er hier daar de een en of maar ook in op aan uit
        met naar voor over onder door om als niet geen meer veel nog al heet genoemd van
        te tot bij""",
    "sv": """vad vilken vilket vilka vem vems när var varför hur många mycket är vara varit
        hade har kan kunde ska skulle måste får jag mig du dig han honom hon henne den det
        de dem vi oss ni er sig sin sitt sina min din vår denna detta dessa här där en ett
        och eller men också i på av från med till för om under över inte mer""",
    "da": """hvad hvilken hvilket hvilke hvem hvis hvornår hvor hvorfor hvordan mange meget er
        var være været havde har kan kunne skal skulle må jeg mig du dig han ham hun hende
        den det de dem vi os i jer sig sin sit sine min din vores denne dette disse her
        der en et og eller men også på af fra med til for om under over ikke mere""",
    "no": """hva hvilken hvilket hvilke hvem når hvor hvorfor hvordan mange mye er var være
        vært hadde har kan kunne skal skulle må jeg meg du deg han ham hun henne den det
        de dem vi oss dere seg sin sitt sine min din vår denne dette disse her der en et
        ei og eller men også på av fra med til for om under over ikke mer""",
    "ru": """что кто кого кому чей какой какая какое какие каких когда где куда откуда почему
        зачем как сколько был была было были быть есть может могут можно должен я меня мне
        ты тебя он его ему она её ей мы нас вы вас они их им себя свой своя мой твой наш
        этот эта это эти тот та то те там здесь в на по с со из от до для о об при под над
        за и или но а также не ни ли же бы очень уже ещё""",
}

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _WORDS.items()
}
"""Function words by language."""

# Without spaces there are no words to compare: these are cut out of a question as they stand, the
# long ones first. Single signs are left to their frequency, as most are parts of words too.
_UNSPACED = (
    "什么 甚么 什麼 多少 哪些 哪个 哪個 哪里 哪裡 哪年 哪一 为什么 為什麼 为何 如何 怎么 怎麼 怎样 "
    "怎樣 何时 何時 何处 几个 幾個 多长 多久 是否 他们 她们 它们 我们 你们 这个 那个 这些 那些 "
    "吗 嗎 呢 的 "
    "どこ いつ なぜ どのように どう どの いくつ ですか ますか でした ました です ます これ それ "
    "あれ この その"
)
UNSPACED_FUNCTION_WORDS = tuple(sorted(_UNSPACED.split(), key=len, reverse=True))
"""Function words of Chinese and Japanese."""
