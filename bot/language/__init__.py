"""Understanding what people type: rules, and what examples taught. `understanding.Understander` reads a whole message.

normal, dialect, homophones   the same sentence however it was typed
lexicon              the words of templates/language/, found by longest match
vocabulary, names    the school's places and people, every way to say them
classes, places, named, dates, amounts   what a sentence names, each by itself
pieces, hazards, incidents, intents, forms, phrases   what it says
heads                which of the things named is the one that is amiss
experience           a second opinion, learnt from examples: a table of weights made by `python -m tests.language.learn`
meaning, understanding   the result, and how it comes together
examples             example messages, understood and counted: `xiaoling understand FILE.yaml`
numbers, days, width   short answers to a question that is open (「完成 2」, 「周五」)
"""
