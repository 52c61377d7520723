"""
The paper Bitget: spot and futures orders of a classic account under ``/api/v2``, following the vendor's documents.

Where these are silent, it does what others saw the venue do: a spot order that it does not know is an empty list,
an empty list of futures orders is a null, a cancel of an ended order is 43001 on spot and 22001 of futures, a
cancel of trigger orders reaches those of the kind alone that it names, and one without a list of orders reaches all
of its market. What nobody wrote down is our choice: a take-profit or stop-loss order on spot keeps its id when its
price is reached, and is an ordinary one from then on; and what is said of a trigger order that has placed nothing.
"""
