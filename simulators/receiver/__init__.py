"""A receiver of alerts that is not there: takes e-mail and webhooks, shows them, and can behave badly."""
