"""What best responses over information sets prove, and what is said where they prove too little."""

from __future__ import annotations

import numpy as np
import pytest

from lp_posg.errors import CertificateError
from lp_posg.evaluate import Certificate
from lp_posg.evaluate.kinds import kind_named
from lp_posg.planning.set_certificates import check_gaps


@pytest.mark.parametrize(("gaps", "agent"), [([3.0, 0.5], "left"), ([0.5, 3.0], "right")])
def test_the_agent_that_gains_most_beyond_what_is_allowed_is_named(gaps, agent):
    certificate = Certificate("exact", kind_named("ne"), np.array(gaps), np.zeros(2), None, 0.0, 4)
    with pytest.raises(CertificateError, match=rf"agent '{agent}' gains 3 by its best response \(tolerance 1\)"):
        check_gaps(certificate, ("left", "right"), np.ones(2), "game 'g'", "solve it again")
    check_gaps(certificate, ("left", "right"), np.array(gaps), "game 'g'", "solve it again")
