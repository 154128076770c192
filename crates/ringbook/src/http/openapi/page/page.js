// Shows the sections and codes that have all the words, and the links to them.
const search = document.querySelector('input');
search.hidden = false;
search.oninput = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    for (const part of document.querySelectorAll('section, tr[id]')) {
        const text = part.textContent.toLowerCase();
        part.hidden = !words.every((word) => text.includes(word));
    }
    const found = ':is(section, tr[id]):not([hidden])';
    for (const article of document.querySelectorAll('article'))
        article.hidden = !article.querySelector(found);
    for (const link of document.querySelectorAll('nav a'))
        link.hidden = document.querySelector(link.hash).hidden;
};
