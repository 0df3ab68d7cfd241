"""Reading threats: who says he will harm whom, how, where and when, and who only speaks of it."""
