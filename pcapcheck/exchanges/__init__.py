"""Frame columns to exchanges: questions and their answers, by protocol."""
