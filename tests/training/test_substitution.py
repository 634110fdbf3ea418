"""Name substitution: the replacements, their consistency, and how training uses them."""

import re
from dataclasses import astuple

import numpy as np
import pytest
from tokenizers import Tokenizer

from rejoinder import Statement
from rejoinder.encoding import Encoder, EncodingConfig
from rejoinder.model_folder import BUNDLED
from rejoinder_training.config import ContextDropout
from rejoinder_training.data.readers import read_data
from rejoinder_training.data.substitution import countries as countries_table
from rejoinder_training.data.substitution import substitute
from rejoinder_training.encoded import EncodedStatements
from rejoinder_training.sides import read_sides
from tests.conftest import ROOT

NAMED = Statement(
    "China, the Chinese and Iran knew him, and she told her lawyer about her",
    before="Moscow denied it. Senator Maria Velasquez-Holt, a Democrat, met Russian envoys. ",
    after=", said Peter Lund, whom Ms. Velasquez-Holt's Muslim spokeswoman thanked.",
    speaker="Peter Lund",
)
SEEDS = [str(i) for i in range(40)]


def words(statement: Statement) -> set[str]:
    return {*re.findall(r"[^\W\d_]+", " ".join(astuple(statement)))}


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_a_name_gets_the_same_replacement_everywhere(seed: str) -> None:
    other, replacement = substitute(NAMED, seed)
    assert substitute(NAMED, seed)[0] == other
    assert other.speaker == replacement("Peter Lund") != "Peter Lund"
    assert f", said {other.speaker}, whom" in other.after
    assert replacement("Velasquez-Holt") in other.before
    assert replacement("Velasquez-Holt") in other.after
    named = {"Maria", "Velasquez", "Holt", "Peter", "Lund"}  # not `Muslim`: a religion may be replaced by itself
    assert named <= words(NAMED)
    assert not named & words(other)
    another = Statement("Lund lied", before="Russia accused Peter Lund. ")
    assert substitute(another, seed)[1]("Peter Lund") == other.speaker  # in another statement of the same article


def test_countries_stay_distinct_and_are_replaced_along_with_people_and_capital() -> None:
    several = Statement("Russia, Moscow, Russians, China, Beijing, Chinese, Iran, France, India")
    countries = {country: (people, capital) for capital, country, people, _ in countries_table()}
    seen = set()
    for seed in SEEDS:
        first, capital, people, second, town, crowd, *others = substitute(several, seed)[0].quote.split(", ")
        assert len({first, second, *others}) == 5
        assert countries[first] == (people, capital)
        assert countries[second][1] == town
        assert crowd in countries[second][0]
        seen |= {first, second, *others}
    assert len(seen) > 60


def test_sexes_change_for_some_seeds_and_her_becomes_his_or_him() -> None:
    found = {substitute(Statement("He saw her lawyer. She thanked her. HIS MOTHER"), seed)[0].quote for seed in SEEDS}
    assert found == {
        "He saw her lawyer. She thanked her. HIS MOTHER",
        "She saw his lawyer. He thanked him. HER FATHER",
    }


def test_words_for_a_party_or_religion_are_replaced_consistently() -> None:
    text = (
        "Republicans met. A Republican is a Republican leader. Republican-led, Muslims met. A Muslim is a Muslim aide"
    )
    seen = set()
    for seed in SEEDS:
        parts = re.split(r"\W+", substitute(Statement(text), seed)[0].quote)
        party, member, own, led, faith, believer, its = (parts[i] for i in (0, 3, 6, 8, 10, 13, 16))
        assert own == led == {"Democrats": "Democratic"}.get(party, member)
        assert its == {"Jews": "Jewish"}.get(faith, believer)
        assert (party, faith) == (f"{member}s", f"{believer}s")
        seen |= {party, faith}
    assert len(seen) == 11


@pytest.mark.parametrize("title", ["Secretary", "Lt. Gen.", "Prime Minister", "Mr."])
@pytest.mark.parametrize("name", ["Tarkovic", "King"])
def test_a_name_with_a_title_is_replaced(title: str, name: str) -> None:
    for seed in SEEDS[:8]:
        other, replacement = substitute(Statement(f"{title} {name}’s aide left"), seed)
        assert other.quote == f"{title} {replacement(name)}’s aide left".replace("Mr.", replacement("Mr") + ".")
        assert replacement(name) != name


def test_words_that_name_nobody_are_unchanged() -> None:
    plain = Statement(
        "Dr. President, we reject that",
        before="The mayor, who runs the port, was asked. Will Congress act? May it turkey?",
        after="The Justice Department’s Attorney General met the Prime Minister at a Major League game",
    )
    assert all(substitute(plain, seed)[0] == plain for seed in SEEDS)


def test_training_substitutes_names_in_whole_groups_and_keeps_their_parts() -> None:
    encoder = Encoder(Tokenizer.from_file(str(BUNDLED / "tokenizer.json")), EncodingConfig())
    rows, _ = read_data([ROOT / "data/contrast/train-5.jsonl"])
    rows = rows.select(range(200))
    sides = read_sides(ROOT / "data/annotations/sides.tsv")
    none = ContextDropout(quote=0, attribution=0)

    def shown(share: float, epoch: int = 0) -> list[dict[str, object]]:
        made = EncodedStatements(rows, [[0.0]] * 200, encoder, dropout=none, substitute_names=share, sides=sides)
        made.set_epoch(epoch)
        return [made[i] for i in range(200)]

    plain, half, whole = shown(0), shown(0.5), shown(1)
    assert [one["input_ids"] for one in shown(0.5)] == [one["input_ids"] for one in half]
    assert [one["input_ids"] for one in shown(0.5, 1)] != [one["input_ids"] for one in half]
    changed = {i for i in range(200) if plain[i]["input_ids"] != whole[i]["input_ids"]}
    drawn = {i for i in changed if plain[i]["input_ids"] != half[i]["input_ids"]}
    assert len(changed) > 150
    assert 0.3 < len(drawn) / len(changed) < 0.7
    groups = rows["group"]
    assert not {groups[i] for i in drawn} & {groups[i] for i in changed - drawn}
    known = [i for i in changed if plain[i]["sides"]]
    assert len(known) > 100
    for part in range(3):
        has_part = [(plain[i]["sides"].parts[:, part].any(), whole[i]["sides"].parts[:, part].any()) for i in known]
        before, after = np.mean(has_part, axis=0)
        assert after > 0.97 * before > 0.3
