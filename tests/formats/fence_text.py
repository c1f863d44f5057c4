"""The header and the laws that tiny game files of tests begin with."""

# Two states, two agents with two actions and two observations: line 12 is the first after the header.
HEADER = """agents: 2
discount: 0.5
values: reward
states: north south
start: uniform
actions:
wait jam
go stop
observations:
quiet loud
dark light
"""
# Always stay where you are, see anything, lines 12 and 13.
LAWS = """T: * : identity
O: * : uniform
"""
