"""Look-alikes of QuickBooks Online, Xero and Stripe on 127.0.0.1, written from the vendors' documents.

Nothing here imports the code it is used to test: a fake that shares an adapter's assumptions proves nothing.
"""
