"""Reading an article: its statements, who said them, what each one does, against whom and in answer to what.

`reading` combines the results of the subpackages: `grammar`, `names`, `quotes` (with their speakers), `indirect` (what
is reported without quotation marks) and `links` (whom statements accuse, what they answer). None imports one that comes
later in this list.
"""

from rejoinder.article.links.answers import Answer
from rejoinder.article.links.targets import Target
from rejoinder.article.reading import read, read_all
from rejoinder.article.result import Article, ReadStatement
from rejoinder.article.web import WebPage, web_page

__all__ = ["Answer", "Article", "ReadStatement", "Target", "WebPage", "read", "read_all", "web_page"]
