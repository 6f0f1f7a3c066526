"""An offline fake of SailPoint Identity Security Cloud for work items and task status."""
