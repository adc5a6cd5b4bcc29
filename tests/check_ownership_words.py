#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every reference that crosses a public header says who owns it: new, borrowed or stolen.

Checked in lib/include/tenure/: what a function returns (pointers and values), what it gives through
a parameter, what it hands to a callback; and that whatever ends in _steal names what it takes.
--self-test plants omissions and expects them to be found."""
import pathlib
import re
import sys

WORD = re.compile(r"/\*[^*]*\b(new|borrowed|stolen)\b[^*]*\*/")
# These make a value out of bits or a pointer; no reference changes hands.
WITHOUT_REFERENCE = {"tni_value", "tn_int", "tn_bool", "tn_ref"}

ARGUMENTS = r"\(((?:[^()]|\([^()]*\)|\(\*\w+\)\([^()]*\))*)\)"
FUNCTION = re.compile(r"(?:TN_API|static inline)\s+([^;{}()]*?)\b(tni?_\w+)\s*" + ARGUMENTS
                      + r"\s*(?:;[ \t]*(/\*[^\n]*?\*/)?|\{)", re.S)
CALLBACK = re.compile(r"(?:typedef \w+ (\w+)|\(\*(\w+)\))\(((?:[^()])*)\)", re.S)


def code_of(text):
    """The text without // comments and preprocessor lines."""
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)


def bare(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def parameters(text):
    """Splits at the commas outside of parentheses and comments."""
    depth, parts = 0, [""]
    for piece in re.split(r"(/\*.*?\*/|[(),])", text, flags=re.S):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def gives_reference(parameter):
    """A parameter through which a function gives a reference: T **p or tn_value *p."""
    text = bare(parameter)
    return "(" not in text and ("**" in text or re.search(r"\btn_value\s*\*", text) is not None)


def is_reference(parameter):
    text = bare(parameter)
    return re.search(r"\btn_(object|type|heap)\s*\*|\btn_value\b|\bconst char\s*\*", text) is not None


def function_faults(code):
    for returned, name, arguments, after in FUNCTION.findall(code):
        type_ = bare(returned)
        if ("*" in type_ or "tn_value" in type_) and name not in WITHOUT_REFERENCE:
            if not WORD.search(returned) and not WORD.search(after):
                yield f"{name}: what it returns is neither new nor borrowed"
        for parameter in parameters(arguments):
            if gives_reference(parameter) and not WORD.search(parameter):
                yield f"{name}: what it gives through '{parameter.split()[-1]}' is neither new nor borrowed"
        if name.endswith(("_steal", "_decref", "_decref_value")) and "stolen" not in arguments:
            yield f"{name}: does not say what is stolen"


def callback_faults(code):
    for typedef, pointer, arguments in CALLBACK.findall(code):
        for parameter in parameters(arguments):
            if is_reference(parameter) and not WORD.search(parameter):
                yield f"{typedef or pointer}: '{bare(parameter).strip()}' is neither new nor borrowed"


def faults_of(text):
    code = code_of(text)
    yield from function_faults(code)
    yield from callback_faults(code)


SOUND = """
#define tn_x_new(heap) tn_x_new_at(heap, TN_SITE())
TN_API tn_object *tn_x_new_at(tn_heap *heap,
                              const tn_site *site); /* new */ // with a reason
TN_API tn_err tn_x_get(const tn_object *x, tn_object **result /* new */);
TN_API void tn_x_put_steal(tn_object *x, tn_value v /* stolen */);
static inline tn_object * /* new */
tn_incref(tn_object *o)
{
TN_API tn_err tn_x_each(tn_object *x, bool (*fn)(tn_value key /* borrowed */, void *arg), void *arg);
"""
PLANTED = [
    "TN_API tn_object *tn_x_new(tn_heap *heap);",
    "TN_API tn_value tn_x_get(tn_object *x); // borrowed",
    "static inline void *\ntn_x_data(const tn_object *x)\n{",
    "TN_API tn_err tn_x_make(tn_heap *heap, tn_object **result);",
    "TN_API bool tn_x_next(tn_object *x, tn_value *key);",
    "TN_API void tn_x_put_steal(tn_object *x, tn_value v);",
    "TN_API void tn_x_each(tn_object *x, void (*fn)(tn_object *o, void *arg));",
    "typedef void tn_visit(tn_object *child, void *arg);",
]


def self_test():
    assert not list(faults_of(SOUND)), list(faults_of(SOUND))
    for text in PLANTED:
        assert len(list(faults_of(SOUND + text))) == 1, (text, list(faults_of(SOUND + text)))


def main():
    self_test()
    if sys.argv[1:] == ["--self-test"]:
        return 0
    headers = sorted((pathlib.Path(__file__).resolve().parent.parent / "lib/include/tenure").glob("*.h"))
    assert headers, "no public header found"
    faults = [f"{h.name}: {fault}" for h in headers for fault in faults_of(h.read_text())]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
