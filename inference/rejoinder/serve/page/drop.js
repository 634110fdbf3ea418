// The text of an article from a file that is dropped on the page.

const WEB_PAGE = /\.x?html?$/i;
const WIDEST = 4; // bytes that a character takes at most

// Throws what to do instead where the file is not plain text of at most so many characters.
export async function textOf(file, most) {
  if (WEB_PAGE.test(file.name) || file.type === "text/html") {
    throw new Error(`${file.name} is a web page; read it with “rejoinder read”, or paste the article’s text here`);
  }
  if (file.size > WIDEST * most) throw new Error(`${file.name} is too large; ${limit(most)}`);
  const text = await file.arrayBuffer().then(bytes => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
    .catch(() => "\0");
  if (text.includes("\0")) throw new Error(`${file.name} is no plain text in UTF-8; save it as such, or paste the text`);
  if (!text.trim()) throw new Error(`${file.name} is empty`);
  return text;
}

export const limit = most => `this service reads ${most.toLocaleString("en")} characters at most`;
