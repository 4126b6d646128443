"""Mixed traffic on the whole mail system, each answer checked against a model of the policy; tests/soak starts it."""
