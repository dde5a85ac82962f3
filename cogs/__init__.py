"""The doors: what members and moderators type and click. Glue only; no rule and no wording lives here."""
