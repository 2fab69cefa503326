"""The firewall of a host, as its own tools list it: tables, chains and rules, each with the line it stands in."""
