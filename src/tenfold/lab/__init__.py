"""The policy lab: what a change of the rules would have done, before it is done."""
