"""What an operator decides: the settings, what each may be, and how people read them."""

from bot.config.settings import Settings, read_settings
from bot.config.values import MODEL_NAMES

__all__ = ["MODEL_NAMES", "Settings", "read_settings"]
