"""Who pays: entitlement decided and disputed, quotations asked for and answered."""
