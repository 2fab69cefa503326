"""The firewall of a host: tables, chains, rules and sets, each with its line. ``readers`` fill them."""
