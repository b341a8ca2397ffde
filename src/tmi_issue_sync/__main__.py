"""`python -m tmi_issue_sync`."""

from .cli import main

if __name__ == "__main__":
    main()
