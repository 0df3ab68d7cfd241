// The few words that are put together in the browser: with the plural forms and digits of the page's language.
// Texts put into them stand between isolates, so that they cannot turn the words around them about.

export class Words {
  constructor(messages) {
    this.messages = messages;
    const locale = document.documentElement.lang;
    this.plural = new Intl.PluralRules(locale);
    this.digits = new Intl.NumberFormat(locale === "ar" ? "ar-EG" : "en");
  }

  // `values`: a number for each {name} that counts (the plural form goes by `n`), a text for any other.
  text(key, values = {}) {
    const message = this.messages[key];
    const form = typeof message === "string" ? message : (message[this.plural.select(values.n)] ?? message.other);
    return form.replace(/\{(\w+)\}/g, (_, name) => {
      const value = values[name];
      return typeof value === "number" ? this.digits.format(value) : `\u2068${value}\u2069`;
    });
  }
}
