"""Reading an article: its statements, who said them, what each one does, against whom and in answer to what.

`reading` puts together what the rooms find: `grammar`, `names`, `quotes` (and who says them), `indirect` (what is told
without quotation marks) and `links` (whom statements accuse, what they answer). None imports one that stands behind it.
"""

from rejoinder.article.links.answers import Answer
from rejoinder.article.links.targets import Target
from rejoinder.article.reading import read, read_all
from rejoinder.article.result import Article, ReadStatement
from rejoinder.article.web import WebPage, web_page

__all__ = ["Answer", "Article", "ReadStatement", "Target", "WebPage", "read", "read_all", "web_page"]
