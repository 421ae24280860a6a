"""The service that other machines talk to: webhooks of the platforms, and whether it is well."""
