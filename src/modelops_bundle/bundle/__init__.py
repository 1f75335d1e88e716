"""What a bundle is: its index, packs and chunks, and what a push or a pull has to do."""
