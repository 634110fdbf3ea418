"""Reading an article: which statements it quotes, who said them, and what each one does."""

from rejoinder.article.reading import Article, ReadStatement, read, read_all
from rejoinder.article.web import WebPage, web_page

__all__ = ["Article", "ReadStatement", "WebPage", "read", "read_all", "web_page"]
