// Reads the text of an article from a file dropped on the page.

const WEB_PAGE = /\.x?html?$/i;
const MAX_BYTES_PER_CHARACTER = 4; // in UTF-8

// The text of the file; throws an error that says what to do instead if it is not plain text or is too large.
export async function textOf(file, maxCharacters) {
  if (WEB_PAGE.test(file.name) || file.type === "text/html") {
    throw new Error(`${file.name} is a web page; read it with “rejoinder read”, or paste the article’s text here`);
  }
  if (file.size > MAX_BYTES_PER_CHARACTER * maxCharacters) {
    throw new Error(`${file.name} is too large; ${limitText(maxCharacters)}`);
  }
  const text = await file.arrayBuffer().then(bytes => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
    .catch(() => "\0");
  if (text.includes("\0")) {
    throw new Error(`${file.name} is not plain text in UTF-8; save it in that format, or paste the article’s text here`);
  }
  if (!text.trim()) throw new Error(`${file.name} is empty`);
  return text;
}

export const limitText = maxCharacters => `this service reads at most ${maxCharacters.toLocaleString("en")} characters`;
