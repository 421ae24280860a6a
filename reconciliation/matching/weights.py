"""Every constant of the evidence, in one place, with its reason.

Weights are natural logarithms of odds: +2.3 makes something ten times likelier, -2.3 ten times less likely. They were
set on invented ledgers (`./run bench match`) and checked on mixes and seeds that they were not set on.
"""

from math import log

# --- belongs to nothing -----------------------------------------------------------------------------------------------
#: About one payment in ten settles no open document: interest, deposits, money sent twice.
NOTHING = log(0.10 / 0.90)
#: A customer of ours who has something open seldom sends money for nothing.
NOTHING_FROM_DEBTOR = -0.8
#: The text names another purpose (deposit, loan, interest, tax): nine in ten of those settle nothing.
OTHER_PURPOSE = 4.5
#: The same payer, amount and text within days: a copy more often than not.
COPY = 3.5
#: The text states a document that is settled already: the money was most likely sent twice.
STATES_SETTLED = 2.5

# --- what is stated ---------------------------------------------------------------------------------------------------
#: A digit is one of ten: each digit that agrees makes chance ten times less likely.
DIGIT = log(10)
#: Letters before the digits agree too.
PREFIX = 3.0
#: Digits alone may be a date, a part of an amount or a telephone number.
BARE_DIGITS = -1.0
#: "invoice", "inv", "Rechnung", "no" before the number.
INVOICE_WORD = 1.5
#: "account", "tel", "amount" before it: then it is not an invoice's number.
OTHER_WORD = -4.5
#: Only the last group of digits agrees: 123 for 2025-00123.
TAIL = -1.0
#: One digit wrong or two changed places, among the candidates that are looked at anyway.
NEARLY = 4.0
#: One slip away from a number that is another document's: about one number in twenty-five is written with a slip.
NEARLY_STATED = NEARLY + log(0.04)
#: A purchase order is the customer's own number: other customers may use it too.
PURCHASE_ORDER = -0.5
#: At most so much more than the number of open documents: strangers also write numbers that look like ours.
CITED_AT_MOST = 1.6
#: A document that is stated and left out.
LEFT_OUT = -3.5
#: A document that is not stated beside others that are.
NOT_STATED = -3.0
#: The text has an invoice number that we do not know: the payment is probably not for anything else of ours.
UNKNOWN_NUMBER = -1.2
#: The text clearly states a document that is settled: then hardly another one is meant.
STATES_ANOTHER = -5.0
#: Another stated document of the same set agrees as well.
ANOTHER_STATED = 0.5

# --- who pays ---------------------------------------------------------------------------------------------------------
#: How much an imperfect name counts: a likeness of 0.8 is worth exp(-12 * 0.2), a tenth of a perfect one.
LIKENESS = 12.0
#: Share of payments by somebody whose name is not the customer's: parents, agents, people.
SOMEBODY_ELSE = 0.03
#: The payer is nobody we know: that is likelier for money that is not for us.
UNKNOWN_PAYER = log(0.2)
#: The payer is surely another customer.
OTHER_CUSTOMER = -1.5
#: The customer's whole name in the text.
NAME_IN_TEXT = 0.8
#: Somebody who paid for a customer before, surely: so much of a doubt remains after one payment.
ALIAS_DOUBT = 0.25
#: What is thought of a payer seen once: six in ten that it pays for the same customer again.
SEEN_ONCE = 0.6

#: A payer who paid for more customers than these pays for anybody: an agent, a bank's own name.
PAID_FOR_AT_MOST = 8

# --- the amount -------------------------------------------------------------------------------------------------------
#: Shares of payments that differ from what is open, by reason. The rest is exact.
EXACT = log(0.82)
DISCOUNT = 0.030
PROCESSOR_FEE = 0.025
BANK_CHARGE = 0.020
DIFFERENCE = 0.020
EQUAL_PART = 0.025
PART = 0.030
TOO_MUCH = 0.003
#: An amount in another currency: seldom, and within about 0.8 % of the day's rate.
OTHER_CURRENCY = log(0.05)
RATE_SPREAD = 0.008
#: Amounts spread over about eight e-foldings; round ones are so many times likelier than others.
SPREAD = 8.0
ROUND = ((10_000, 60.0), (1_000, 25.0), (100, 8.0))
#: Percentages and fixed parts of well-known processors, in basis points and minor units.
FEES = ((290, 30), (140, 20), (150, 20), (150, 25), (250, 20), (250, 25), (349, 49), (175, 0), (290, 0), (340, 20),
        (325, 25), (275, 0), (190, 30), (170, 0), (260, 10), (120, 20), (320, 30), (290, 25), (140, 25))  # fmt: skip
DISCOUNTS = (200, 100, 300, 500, 250, 150, 400, 1000)
PARTS = (2, 3, 4, 5, 6, 10, 12)
#: A bank's charge is at most so much, in minor units.
CHARGE_AT_MOST = 5_000

# --- which of the payer's documents -----------------------------------------------------------------------------------
ONE = log(0.80)
RUN = log(0.08)
EVERYTHING = log(0.08)
SUBSET = log(0.03)
OLDEST_FIRST = log(0.06)
#: A run with one document left out: disputed, or paid before.
RUN_BUT_ONE = log(0.02)
CREDIT_NETTED = -2.0

# --- the day ----------------------------------------------------------------------------------------------------------
#: Before the document was made: a slip in dates, seldom more.
BEFORE_ISSUE = -3.0
#: (days after the due day at most, weight).
DELAYS = ((-60, -1.2), (-25, -0.5), (-8, 0.0), (20, 0.6), (45, -0.3), (90, -1.2), (200, -1.8), (100_000, -3.0))
#: With at least so many payments seen, a customer's own delay counts.
HABIT_SEEN = 2
#: Days of doubt about a habit.
HABIT_SPREAD = 5.0
HABIT_AT_MOST = 2.2

#: A ledger of five invoices is not proof that amounts and numbers are rare: it counts as if it had so many more.
SMALLEST_LEDGER = 500
#: The text speaks of a statement, of everything or of an account: then several documents are meant.
SPEAKS_OF_SEVERAL = 2.0
#: A payer paying at once for two customers, both stated.
TWO_CUSTOMERS = -3.0

# --- bounds of the search ---------------------------------------------------------------------------------------------
#: Of one customer at most so many open documents are looked at, those due nearest to the payment.
WINDOW = 24
#: Sets of up to four, among so many at most: 24 for two and three, 14 for four.
FOURS_WITHIN = 14
#: With at most so many open, each is looked at even when the amount is far off.
FEW = 3
#: Other customers' documents of exactly this amount, and documents under one number.
SAME_AMOUNT = 40
SAME_NUMBER = 25
#: Likely payers that are looked at.
PAYERS = 4
#: A copy comes within so many days.
COPY_DAYS = 6
#: The longest range that is read out: INV 101-130.
LONGEST_RANGE = 40
