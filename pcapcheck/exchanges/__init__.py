"""Frame columns to exchanges: questions and answers, by protocol."""
