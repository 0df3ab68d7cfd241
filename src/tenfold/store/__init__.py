"""PostgreSQL: the one store, the queue, the lock and the truth. One module of queries per noun."""
