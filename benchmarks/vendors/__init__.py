"""Stand-ins of the platforms that are fast enough to be pulled from at full speed: one typical invoice, many times."""
