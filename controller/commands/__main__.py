"""`python -m controller.commands` is `sealline`."""

from controller.commands import main

main()
