"""The firewall of a host: tables, chains, rules and sets, each with the line it stands in. ``readers`` fill them."""
