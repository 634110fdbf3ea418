"""Reading an article: which statements it quotes, who said them, and what each one does."""

from rejoinder.article.reading import Article, ReadStatement, read

__all__ = ["Article", "ReadStatement", "read"]
