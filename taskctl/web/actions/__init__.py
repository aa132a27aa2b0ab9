"""Actions: what each will do, in words, and doing it by the code of the commands."""
