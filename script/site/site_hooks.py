"""What mkdocs needs to make the site of pages that are written to be read in the repository as well."""

import pathlib
import re

from mkdocs.structure.files import File

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
DOCS = REPOSITORY / "docs"
REFERENCE = REPOSITORY / "build/docs"  # made by script/docs before
LINK = re.compile(r"\]\((?!\w+:|#|/)([^)#\s]+)(#[^)\s]*)?\)")
MARKER = re.compile(r"([-*]|\d+\.) +")


def on_files(files, config):
    """Brings along the SDK's reference, and the files outside docs/ that pages link to, below repository/."""
    for made in REFERENCE.rglob("*"):
        if made.is_file():
            files.append(File.generated(config, f"api/{made.relative_to(REFERENCE)}", abs_src_path=str(made)))
    for page in list(files.documentation_pages()):
        for target, _ in LINK.findall(pathlib.Path(page.abs_src_path).read_text(encoding="utf-8")):
            outside = linked_outside(page, target)
            if outside and not files.get_file_from_path(address_of(outside)):
                files.append(File.generated(config, address_of(outside), abs_src_path=str(outside)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Follows links out of docs/ to what on_files() brought along, and indents lists as Python-Markdown wants them."""

    def follow(link):
        outside = linked_outside(page.file, link[1])
        return f"]({'../' * page.file.src_uri.count('/')}{address_of(outside)})" if outside else link[0]

    return "\n".join(line if is_fenced else LINK.sub(follow, line)
                     for line, is_fenced in four_spaces_a_level(markdown.split("\n")))


def linked_outside(page, target):
    """The file of the repository outside docs/ that a page's link leads to; of a folder, its README; None within docs/."""
    file = (DOCS / page.src_uri).parent.joinpath(target).resolve()
    if not file.is_relative_to(REPOSITORY) or file.is_relative_to(DOCS):
        return None
    return (file / "README.md" if file.is_dir() else file) if file.exists() else None


def address_of(outside):
    # Markdown outside docs/ has links of its own that lead further out: it is shown as it is written.
    name = f"repository/{outside.relative_to(REPOSITORY)}"
    return name + ".txt" if outside.suffix == ".md" else name


def four_spaces_a_level(lines):
    """CommonMark indents what belongs to an item by the width of its marker; Python-Markdown, always by four. Gives
    lines, and whether each is of a fenced block."""
    levels, fence = [], None
    for line in lines:
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if not text:
            yield line, fence is not None
            continue
        while levels and indent < levels[-1] and fence is None:
            levels.pop()
        mark = re.match("```+", text)
        if mark and fence in (None, mark[0]):
            fence = mark[0] if fence is None else None
        base = levels[-1] if levels else 0
        yield " " * (4 * len(levels) + indent - base) + text, fence is not None
        marker = MARKER.match(text)
        if marker and fence is None and indent - base < 4:
            levels.append(indent + len(marker[0]))
