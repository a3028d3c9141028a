"""Telling the outside what happened: webhooks to an organization's own servers."""
