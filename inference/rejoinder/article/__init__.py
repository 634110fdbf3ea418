"""Reading an article: its statements, who said them, what each one does, against whom and in answer to what."""

from rejoinder.article.answers import Answer
from rejoinder.article.reading import read, read_all
from rejoinder.article.result import Article, ReadStatement
from rejoinder.article.targets import Target
from rejoinder.article.web import WebPage, web_page

__all__ = ["Answer", "Article", "ReadStatement", "Target", "WebPage", "read", "read_all", "web_page"]
