"""Understanding what people type. Rules, no model: numbers and days now, whole sentences later."""
