"""Other people's catalogs, read into trees of this one: LiteLLM's JSON and the data of models.dev."""
