"""What the holdings know, in SQL: the schema, its migrations, and the statements, one module a subject.

SQLAlchemy's `Connection` is the contract with the database: every function takes one that stands in a
transaction of its caller, and never commits.
"""
