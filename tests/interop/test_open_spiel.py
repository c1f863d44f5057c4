"""OpenSpiel both ways: trees against what is known of the games, exports read back, strategies judged by NashConv."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import lp_posg as posg
from lp_posg.deadline import until
from lp_posg.errors import (
    ImperfectRecallError,
    LimitError,
    ModelError,
    RoundedProbabilityWarning,
    UnsupportedError,
)
from lp_posg.interop import from_open_spiel, tabular_policy, to_open_spiel
from lp_posg.interop.spiel_text import efg_for_spiel
from lp_posg.interop.spiel_tree import SpielTree, exact_law
from lp_posg.trees import CHANCE, TERMINAL, InformationSet, Tree

pyspiel = pytest.importorskip("pyspiel", reason="OpenSpiel is not installed (it has wheels up to Python 3.14)")
GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=descending)"


def uniform(game):
    return [np.full(len(own.actions), 1 / len(own.actions)) for own in game.sets]


def random_behaviour(game, seed):
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.ones(len(own.actions))) for own in game.sets]


def expected(game, behaviour):
    """Values by one pass over the nodes, parents first."""
    reach = np.ones(game.n_nodes)
    for node in range(1, game.n_nodes):
        parent = game.parent[node]
        own = game.information[parent]
        step = game.chance[node] if own < 0 else behaviour[own][game.branch[node]]
        reach[node] = reach[parent] * step
    return game.payoff @ reach


def kuhn_equilibrium(game, alpha):
    """Kuhn (1950): the first player bets a jack with alpha and a king with 3 alpha, and so on; cards are 0, 1, 2."""
    bets = {"0": alpha, "1": 0, "2": 3 * alpha, "0pb": 0, "1pb": 1 / 3 + alpha, "2pb": 1}
    bets |= {"0p": 1 / 3, "1p": 0, "2p": 1, "0b": 0, "1b": 1 / 3, "2b": 1}
    return [np.array([1 - bets[own.label], bets[own.label]]) for own in game.sets]


def nash_conv(policy, game=None):
    from open_spiel.python.algorithms import exploitability

    return exploitability.nash_conv(policy.game if game is None else game, policy)


def test_kuhn_poker_has_the_tree_of_its_rules():
    """Chance deals 3 cards, then 2; each of 6 deals has 4 decisions and 5 ends: 1 + 3 + 6 * 9 = 58 nodes."""
    game = from_open_spiel("kuhn_poker")
    assert (game.name, game.agents, game.n_nodes) == ("kuhn_poker", ("player0", "player1"), 58)
    assert [own.agent for own in game.sets].count(0) == [own.agent for own in game.sets].count(1) == 6
    assert {own.actions for own in game.sets} == {("Pass", "Bet")}
    deals = game.parent == 0
    assert {game.probability[v] for v in np.flatnonzero(deals)} == {Fraction(1, 3)}
    assert {row[0] for row in game.outcomes} == {Fraction(x) for x in (-2, -1, 1, 2)}
    np.testing.assert_allclose(expected(game, kuhn_equilibrium(game, 0.2)), [-1 / 18, 1 / 18], atol=1e-15)


def test_a_game_may_be_handed_over_as_an_object_or_with_parameters():
    three = from_open_spiel(pyspiel.load_game("kuhn_poker", {"players": 3}))
    assert three.agents == ("player0", "player1", "player2")
    assert from_open_spiel("kuhn_poker(players=3)").outcomes == three.outcomes
    assert all(sum(row) == 0 for row in three.outcomes)
    # Four cards, 3 players with 1 + 3 kinds of situation each (Risk et al. 2010): 48 information sets.
    assert len(three.sets) == 48


def test_games_written_in_python_are_found():
    ours, theirs = from_open_spiel("python_kuhn_poker"), from_open_spiel("kuhn_poker")
    np.testing.assert_array_equal(ours.parent, theirs.parent)
    np.testing.assert_array_equal(ours.payoff, theirs.payoff)


def test_those_who_move_at_once_do_not_hear_of_each_other():
    """OpenSpiel's prisoner's dilemma pays 5, 0, 10, 1."""
    game = from_open_spiel(pyspiel.load_matrix_game("matrix_pd"))
    np.testing.assert_array_equal(game.parent, [-1, 0, 1, 1, 0, 4, 4])
    np.testing.assert_array_equal(game.owner, [0, 1, TERMINAL, TERMINAL, 1, TERMINAL, TERMINAL])
    np.testing.assert_array_equal(game.information, [0, 1, -1, -1, 1, -1, -1])
    np.testing.assert_array_equal(game.payoff[:, [2, 3, 5, 6]], [[5, 0, 10, 1], [5, 10, 0, 1]])
    assert [own.actions for own in game.sets] == [("Cooperate", "Defect")] * 2


def test_three_who_move_at_once():
    game = from_open_spiel("matching_pennies_3p")
    assert [own.agent for own in game.sets] == [0, 1, 2]
    assert np.count_nonzero(game.owner == TERMINAL) == 8
    np.testing.assert_array_equal(np.bincount(game.information[game.information >= 0]), [1, 2, 4])


def test_simultaneous_moves_in_a_row_are_recalled():
    """Goofspiel with 3 cards: 3 * 3 bids, then 2 * 2, and OpenSpiel plays the last card itself; only who won is told.

    The order of the prizes is known, but OpenSpiel has a chance node of one branch before each.
    """
    game = from_open_spiel(GOOFSPIEL)
    assert game.n_nodes == 1 + 3 + 9 * (1 + 2 + 4)
    assert np.count_nonzero(game.owner == TERMINAL) == 36
    # Second bids: after own bid b, it won, lost or drew, of which the highest and the lowest bid exclude one each.
    assert [own.agent for own in game.sets].count(0) == 1 + 2 + 3 + 2
    assert not any(sum(row) for row in game.outcomes)


class Together:
    """Three agents move at once, the middle one and the last cannot; then all is over."""

    def __init__(self, done=None):
        self.done = done

    def is_terminal(self):
        return self.done is not None

    def is_chance_node(self):
        return False

    def is_simultaneous_node(self):
        return not self.is_terminal()

    def num_players(self):
        return 3

    def legal_actions(self, agent):
        return [4, 7] if agent == 0 else []

    def information_state_string(self, agent):
        return f"own {agent}"

    def action_to_string(self, agent, action):
        return f"a{action}"

    def clone(self):
        return Together()

    def apply_actions(self, actions):
        self.done = actions

    def returns(self):
        return [float(x) for x in self.done]

    def history(self):
        return []


def test_who_cannot_move_is_passed_over():
    game = SpielTree("together", ("a", "b", "c"), 10).build(Together())
    np.testing.assert_array_equal(game.owner, [0, TERMINAL, TERMINAL])
    assert game.sets == (InformationSet(0, "own 0", ("a4", "a7")),)
    np.testing.assert_array_equal(game.payoff[:, 1:], [[4, 7], [0, 0], [0, 0]])


def test_nobody_able_to_move_is_refused():
    class Stuck(Together):
        def legal_actions(self, agent):
            return []

    with pytest.raises(ModelError, match="no action for anybody"):
        SpielTree("stuck", ("a", "b", "c"), 10).build(Stuck())


def test_returns_are_decimals_and_have_to_be_numbers():
    class Paid(Together):
        pay = (0.1, -0.25, 1e-3)

        def clone(self):
            return type(self)()

        def returns(self):
            return list(self.pay)

    game = SpielTree("paid", ("a", "b", "c"), 10).build(Paid())
    assert game.outcomes == ((Fraction(1, 10), Fraction(-1, 4), Fraction(1, 1000)),)
    Paid.pay = (0.0, float("nan"), 0.0)
    with pytest.raises(ModelError, match="returns"):
        SpielTree("paid", ("a", "b", "c"), 10).build(Paid())


@pytest.mark.parametrize(
    ("floats", "fractions"),
    [
        ((1 / 6,) * 6, (Fraction(1, 6),) * 6),
        ((1 - 1 / 3, 1 / 3), (Fraction(2, 3), Fraction(1, 3))),
        ((0.1, 0.2, 0.7), (Fraction(1, 10), Fraction(1, 5), Fraction(7, 10))),
        ((1.0, 0.0), (Fraction(1), Fraction(0))),
    ],
)
def test_simple_laws_are_simple_fractions(floats, fractions):
    assert exact_law(floats, "here") == fractions


def test_other_laws_are_the_floats_over_their_sum():
    """Rounded to ten digits, thirds miss 1 by 1e-10; e ** -1 is near no simple fraction; 1e-16 is near 0, but possible.

    1/999983 and 1 - 1/999982 are simple, and miss 1 by 1e-12.
    """
    for floats in ((0.3333333333,) * 3, (np.exp(-1), 1 - np.exp(-1)), (1e-16, 1.0), (1 / 999983, 999981 / 999982)):
        found = exact_law(floats, "here")
        assert sum(found) == 1
        assert min(found) > 0
        np.testing.assert_allclose([float(p) for p in found], floats, atol=1e-9)
    assert exact_law((0.3333333333,) * 3, "here") == (Fraction(1, 3),) * 3


@pytest.mark.parametrize("floats", [(0.5, 0.49), (1.5, -0.5), (float("nan"), 1.0)])
def test_what_is_no_law_is_refused(floats):
    with pytest.raises(ModelError, match=r"here: probabilities .* expected"):
        exact_law(floats, "here")


REFUSED = {
    "phantom_ttt_ir": (ImperfectRecallError, "imperfect recall"),
    "coop_to_1p": (UnsupportedError, "no information states"),
    "mfg_crowd_modelling": (UnsupportedError, "mean field"),
    "no_such_game": (ModelError, "no game 'no_such_game'"),
    "kuhn_poker(players=99)": (ModelError, "cannot load"),
    "nfg_game": (ModelError, "cannot load"),
    "leduc_poker": (LimitError, "more than 1000 nodes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_games_are_refused(name):
    error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        from_open_spiel(name, max_nodes=1000)


def test_the_limit_is_the_number_of_nodes():
    assert from_open_spiel("kuhn_poker", max_nodes=58).n_nodes == 58
    with pytest.raises(LimitError):
        from_open_spiel("kuhn_poker", max_nodes=57)
    for wrong in (0, True, 1.5, "many"):
        with pytest.raises(ModelError, match="max_nodes"):
            from_open_spiel("kuhn_poker", max_nodes=wrong)
    with pytest.raises(ModelError, match=r"expected a pyspiel\.Game"):
        from_open_spiel(7)


def test_branches_that_openspiel_confuses_are_refused():
    """Its reader of files gives equal labels one number, so the second branch cannot be taken."""
    text = 'EFG 2 R "twice" { "a" }\np "" 1 1 "s" { "go" "go" } 0\nt "" 1 "" { 1 }\nt "" 2 "" { 2 }\n'
    with pytest.raises(ModelError, match="two branches one number"):
        from_open_spiel(pyspiel.load_efg_game(text))


EXPORTED = ["kuhn_poker", "matrix_pd", "matching_pennies_3p", "kuhn_poker(players=3)", GOOFSPIEL, "tiny_hanabi"]


@pytest.mark.parametrize("name", EXPORTED)
def test_an_export_read_back_is_the_same_game(name):
    game = from_open_spiel(name)
    back = from_open_spiel(to_open_spiel(game))
    for part in ("parent", "owner", "information", "outcome"):
        np.testing.assert_array_equal(getattr(back, part), getattr(game, part))
    for part in ("probability", "outcomes", "labels"):
        assert getattr(back, part) == getattr(game, part)
    assert [(own.agent, own.actions) for own in back.sets] == [(own.agent, own.actions) for own in game.sets]


@pytest.mark.parametrize("name", ["leduc_poker", "first_sealed_auction", *EXPORTED])
def test_the_text_is_the_game_to_our_reader_too(name, tmp_path):
    """But for line breaks in the labels of sets, which the text has as blanks; numbers are exact."""
    game, file = from_open_spiel(name), tmp_path / "export.efg"
    file.write_text(efg_for_spiel(game))
    blanks = tuple(replace(own, label=own.label.replace("\n", " ")) for own in game.sets)
    assert posg.load(file) == replace(game, sets=blanks)


@pytest.mark.filterwarnings("ignore::lp_posg.errors.GambitNameWarning")  # Goofspiel's labels have line breaks
@pytest.mark.parametrize("name", ["kuhn_poker", "kuhn_poker(players=3)", GOOFSPIEL])
def test_openspiel_reads_what_our_writer_of_files_makes_of_its_games(name, tmp_path):
    game, file = from_open_spiel(name), tmp_path / "saved.efg"
    posg.save(game, file)
    back = from_open_spiel(pyspiel.load_efg_game(file.read_text()))
    assert replace(back, agents=game.agents, sets=game.sets) == game


# Kuhn (1950), and the value of Leduc poker that public solvers agree on.
@pytest.mark.parametrize(("name", "value"), [("kuhn_poker", -1 / 18), ("leduc_poker", -0.085606424078)])
def test_openspiels_own_export_has_the_games_value(name, value, tmp_path):
    """It writes probabilities with 16 digits, which do not sum to 1: six times 0.1666666666666667."""
    from open_spiel.python.algorithms.gambit import export_gambit

    file = tmp_path / "theirs.efg"
    file.write_text(export_gambit(pyspiel.load_game(name)))
    with pytest.warns(RoundedProbabilityWarning, match="taken as rounded"):
        theirs = posg.load(file)
    assert set(theirs.probability) == set(from_open_spiel(name).probability)
    np.testing.assert_allclose(posg.solve(theirs).values, [value, -value], atol=1e-9)


@pytest.mark.parametrize("name", ["kuhn_poker", "matching_pennies_3p", GOOFSPIEL, "general-tiger", "chicken-signals"])
def test_openspiels_own_check_of_games_passes_on_exports(name):
    game = posg.trees.unroll(posg.catalog(name), 2, "one-step-delay") if "-" in name else from_open_spiel(name)
    pyspiel.random_sim_test(to_open_spiel(game), num_sims=20, serialize=False, verbose=False)


def odd_game():
    """One agent; labels no file takes, pay at inner nodes, chances of 40 digits.

    Node 0: chance; 1 and 2: the agent, who does not know which; 3 to 6: ends.
    """
    return Tree(
        'the "odd"\none',
        ("a\\b",),
        np.array([-1, 0, 0, 1, 1, 2, 2]),
        np.array([CHANCE, 0, 0, TERMINAL, TERMINAL, TERMINAL, TERMINAL]),
        np.array([-1, 0, 0, -1, -1, -1, -1]),
        (InformationSet(0, 'it"s', ("", "go")),),
        (Fraction(1), Fraction(10**39, 3 * 10**39 + 1), 1 - Fraction(10**39, 3 * 10**39 + 1), *(Fraction(1),) * 4),
        np.array([0, 1, -1, 0, -1, 1, 2]),
        ((Fraction(1, 3),), (Fraction(-5),), (Fraction(10**12, 7),)),
        ("", "l", "l", "", "go", "", "go"),
    )


def test_what_openspiel_cannot_read_is_said_otherwise():
    game = odd_game()
    target = to_open_spiel(game)
    state = target.new_initial_state()
    assert [state.action_to_string(k) for k in state.legal_actions()] == ["l#1", "l#2"]
    np.testing.assert_allclose([p for _, p in state.chance_outcomes()], [1 / 3, 2 / 3], atol=1e-15)
    inner = state.child(state.legal_actions()[0])
    assert [inner.action_to_string(k) for k in inner.legal_actions()] == ["#1", "go#2"]
    assert inner.information_state_string() == "0-0-1-it's"
    law = np.array([0.25, 0.75])
    found = _value(target, tabular_policy(game, [law]))
    np.testing.assert_allclose(found, expected(game, [law]), rtol=1e-12)
    # By hand: root 1/3, then a third of -5 + (1/4)/3 and two thirds of (1/4)(-5) + (3/4) 10^12/7.
    by_hand = 1 / 3 + (-5 + 1 / 12) / 3 + 2 / 3 * (-5 / 4 + 3 / 4 * 10**12 / 7)
    np.testing.assert_allclose(found, [by_hand], rtol=1e-12)


def _value(game, policy):
    from open_spiel.python.algorithms.expected_game_score import policy_value

    together = game.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
    return policy_value(game.new_initial_state(), policy if together else [policy] * game.num_players())


def test_the_text_has_fractions_where_openspiel_reads_them():
    text = efg_for_spiel(from_open_spiel("kuhn_poker"))
    assert text.splitlines()[0] == 'EFG 2 R "kuhn_poker" { "player0" "player1" }'
    assert text.splitlines()[1].count(" 1/3") == 3
    numbers = efg_for_spiel(odd_game())
    assert f"{10**12}/7" not in numbers
    assert f"{10**39}" not in numbers


def test_a_tree_too_deep_for_its_reader_is_refused():
    """It calls itself once per move, and takes the process with it; 901 moves of one agent who may stop."""
    n = 901
    size = 2 * n + 1
    # Odd nodes are stops, even ones go on, all but the last.
    owner = np.array([0 if v % 2 == 0 and v < size - 1 else TERMINAL for v in range(size)])
    game = Tree(
        "deep",
        ("a",),
        np.concatenate([[-1], np.repeat(np.arange(0, 2 * n, 2), 2)]),
        owner,
        np.where(owner == 0, np.arange(size) // 2, -1),
        tuple(InformationSet(0, f"{k}", ("stop", "go")) for k in range(n)),
        (Fraction(1),) * size,
        np.full(size, -1),
        (),
        ("", *("stop", "go") * n),
    )
    with pytest.raises(UnsupportedError, match="901 moves in a row"):
        to_open_spiel(game)


@pytest.mark.parametrize("target", [None, "kuhn_poker"])
def test_kuhns_equilibria_are_equilibria_to_openspiel_too(target):
    game = from_open_spiel("kuhn_poker")
    for alpha in (0.0, 0.2, 1 / 3):
        policy = tabular_policy(game, kuhn_equilibrium(game, alpha), target)
        assert abs(nash_conv(policy)) <= 1e-12
    # With alpha above 1/3 the first player would bet a king too often to be a law; a jack too often is a mistake.
    wrong = kuhn_equilibrium(game, 0.2)
    wrong[[own.label for own in game.sets].index("0")] = np.array([0.0, 1.0])
    assert nash_conv(tabular_policy(game, wrong, target)) > 0.01


@pytest.mark.parametrize("name", ["kuhn_poker", "matrix_pd", "matching_pennies_3p", "kuhn_poker(players=3)", GOOFSPIEL])
def test_a_random_strategy_has_its_value_there_too(name):
    game = from_open_spiel(name)
    behaviour = random_behaviour(game, 3)
    values = expected(game, behaviour)
    for target in (None, name):
        policy = tabular_policy(game, behaviour, target)
        np.testing.assert_allclose(_value(policy.game, policy), values, atol=1e-12)


def test_a_strategy_has_to_fit():
    game = from_open_spiel("kuhn_poker")
    right = uniform(game)
    with pytest.raises(ModelError, match="laws for 11 information sets"):
        tabular_policy(game, right[1:])
    for wrong in (np.array([0.5, 0.6]), np.array([1.5, -0.5]), np.ones(1), np.array([np.nan, 1.0])):
        with pytest.raises(ModelError, match="player0 at information set '0'"):
            tabular_policy(game, [wrong, *right[1:]])
    with pytest.raises(ModelError, match="other information states"):
        tabular_policy(game, right, "leduc_poker")
    with pytest.raises(ModelError, match="other information states"):
        tabular_policy(game, right, "kuhn_poker(players=3)")


def test_strings_that_two_agents_share_are_refused():
    """Where everybody sees everything, OpenSpiel's string of a simultaneous state is the same for all."""
    name = "oshi_zumo(coins=2,size=1,horizon=2)"
    game = from_open_spiel(name)
    with pytest.raises(UnsupportedError, match="one information state string"):
        tabular_policy(game, uniform(game), name)
    assert tabular_policy(game, uniform(game)).action_probability_array.shape[0] == len(game.sets)


def test_a_failure_of_openspiel_itself_is_told_with_the_game(monkeypatch):
    def broken(self, root):
        raise pyspiel.SpielError("out of order\nsomewhere")

    monkeypatch.setattr(SpielTree, "build", broken)
    with pytest.raises(ModelError, match=r"fails in its own game 'kuhn_poker': out of order$"):
        from_open_spiel("kuhn_poker")


def test_the_walk_asks_the_clock_at_every_node(monkeypatch):
    game = pyspiel.load_game("kuhn_poker")
    asked = []
    monkeypatch.setattr("lp_posg.interop.spiel_tree.check_time", lambda doing, **facts: asked.append(facts["nodes"]))
    tree = from_open_spiel(game)
    assert asked == list(range(tree.n_nodes))
    monkeypatch.undo()
    with until(0.0), pytest.raises(LimitError, match=r"walking the tree of OpenSpiel's game 'kuhn_poker'"):
        from_open_spiel(game)
