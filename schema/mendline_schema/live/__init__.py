"""Live changes: who follows a ticket hears of each change, for as long as they may."""
