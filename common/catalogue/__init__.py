"""The catalogue of items 事项目录: item editions, their forms, conditions and search, and made-up samples.  Pure."""
