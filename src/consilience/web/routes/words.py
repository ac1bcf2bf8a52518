"""The vocabularies: words for codes, and the schemes of classification."""

# Annotations are read at run time: no postponed ones in modules of routes.

from enum import StrEnum
from typing import Annotated

from fastapi import Depends

from consilience.model.vocabularies import outcome_words, problem_words
from consilience.model.vocabularies.loading import words
from consilience.web.identity import Caller, Needs
from consilience.web.routing import router
from consilience.web.shapes import Out

routes = router("vocabularies")

Anybody = Annotated[Caller, Depends(Needs())]


class Vocabulary(StrEnum):
    """What there are words for."""

    OUTCOMES = "outcomes"
    PROBLEMS = "problems"
    PERMISSIONS = "permissions"
    RELEASE_LEVELS = "release_levels"
    PERSON_KINDS = "person_kinds"
    JUSTIFICATIONS = "justifications"
    KINDS_OF_EVIDENCE = "kinds_of_evidence"


class Word(Out):
    """A code, and the words for it."""

    code: str
    title: str
    meaning: str


class SchemeCode(Out):
    """A code of a scheme, and the key that enters it."""

    code: str
    title: str
    key: str | None


class Scheme(Out):
    """A classification scheme of a version. What its codes mean, its keeper lays down."""

    name: str
    version: str
    title: str
    keeper: str
    codes: list[SchemeCode]


@routes.get("/vocabularies/{vocabulary}")
def vocabulary_of(caller: Anybody, vocabulary: Vocabulary) -> list[Word]:
    """The words of a vocabulary, in its own order."""
    of = caller.server.holdings.vocabularies
    match vocabulary:
        case Vocabulary.OUTCOMES:
            return [Word(code=c, title=w.title, meaning=w.meaning) for c, w in outcome_words().items()]
        case Vocabulary.PROBLEMS:
            return [Word(code=c, title=w.title, meaning=w.meaning) for c, w in problem_words().items()]
        case Vocabulary.JUSTIFICATIONS:
            found = of.justifications
        case Vocabulary.KINDS_OF_EVIDENCE:
            found = of.kinds_of_evidence
        case _:
            found = words(vocabulary.value)
    return [Word(code=code, title=one.title, meaning=one.meaning) for code, one in found.items()]


@routes.get("/schemes")
def list_schemes(caller: Anybody) -> list[Scheme]:
    """The schemes that contents are classified in; the first is the one in use where none is named."""
    return [
        Scheme(
            name=one.name,
            version=one.version,
            title=f"{one.name} {one.version}",
            keeper=one.keeper,
            codes=[
                SchemeCode(code=code, title=code, key=str(place) if place < 10 else None)
                for place, code in enumerate(one.codes)
            ],
        )
        for one in caller.server.holdings.vocabularies.schemes.values()
    ]
