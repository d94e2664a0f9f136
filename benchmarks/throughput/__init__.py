"""How fast records move from an API's pages to lines on a pipe, beside what others would take for it."""
