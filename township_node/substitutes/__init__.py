"""启用替补: a substitute whom the township appointed gets his first password at the village, with no link needed."""
